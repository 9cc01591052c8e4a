# Rasa with the trained model. Rasa 3.6.21 needs Python 3.10, which Ubuntu 22.04 still patches.
# From the top folder: docker build -f deploy/rasa.Dockerfile -t latchkey-rasa .

FROM ubuntu:22.04 AS packages
# Without versions on purpose: the distribution's newest patches are what it is chosen for.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3.10 python3-pip \
    && rm -rf /var/lib/apt/lists/*
RUN pip3 install --no-cache-dir uv==0.13.9
COPY bot/requirements.lock /tmp/requirements.lock
# TensorFlow and what only it needs is most of the size, and is never loaded (docs/decisions/0006).
RUN uv venv --no-project --python /usr/bin/python3.10 /opt/latchkey/venv \
    && uv pip install --no-cache --no-deps --require-hashes \
        --python /opt/latchkey/venv/bin/python --requirements /tmp/requirements.lock \
    && uv pip uninstall --python /opt/latchkey/venv/bin/python \
        tensorflow tensorflow-text tensorflow-addons tensorflow-hub tensorboard \
        tensorboard-data-server keras jax jaxlib libclang

FROM packages AS model
WORKDIR /opt/latchkey
COPY settings.yml domain.yml config.yml credentials.yml endpoints.yml ./
COPY kb kb
COPY data data
COPY bot bot
COPY tests/conversations tests/conversations
RUN PATH=/opt/latchkey/venv/bin:$PATH LATCHKEY_CACHE=/opt/latchkey/cache RASA_TELEMETRY_ENABLED=false \
    python -m bot.train /opt/latchkey/models/latchkey.tar.gz

FROM ubuntu:22.04
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3.10 python3-distutils \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 latchkey \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/latchkey latchkey \
    && install --directory --owner latchkey --group latchkey --mode 0700 /var/lib/latchkey
COPY --from=packages /opt/latchkey/venv /opt/latchkey/venv
COPY --from=model /opt/latchkey/cache /opt/latchkey/cache
COPY --from=model /opt/latchkey/models /opt/latchkey/models
WORKDIR /opt/latchkey
COPY settings.yml domain.yml config.yml credentials.yml endpoints.yml ./
COPY bot bot
COPY deploy/rasa-entry.sh /opt/latchkey/rasa-entry.sh
ENV PATH=/opt/latchkey/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONWARNINGS=ignore \
    OMP_NUM_THREADS=1 \
    RASA_TELEMETRY_ENABLED=false \
    SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    HOME=/var/lib/latchkey \
    LATCHKEY_CACHE=/opt/latchkey/cache \
    LATCHKEY_HOME=/var/lib/latchkey \
    LATCHKEY_MODEL=/opt/latchkey/models/latchkey.tar.gz \
    LATCHKEY_RASA_HOST=0.0.0.0
USER 10001:10001
VOLUME /var/lib/latchkey
EXPOSE 5005
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5005/webhooks/latchkey/', timeout=4)"]
ENTRYPOINT ["sh", "/opt/latchkey/rasa-entry.sh"]
