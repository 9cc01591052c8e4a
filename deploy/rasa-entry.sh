#!/bin/sh
# Starts Rasa with settings from the environment, where there is no room for ./latchkey serve
# rasa, which does the same. A secret may stand in a file.
set -eu

for name in LATCHKEY_TURN_KEY LATCHKEY_TURN_KEY_FORMER LATCHKEY_TRACKER_URL; do
    eval "value=\${$name:-} file=\${${name}_FILE:-}"
    [ -n "$file" ] || continue
    if [ -n "$value" ]; then
        echo "Set $name or ${name}_FILE, not both." >&2
        exit 2
    fi
    if ! value=$(cat "$file"); then
        echo "${name}_FILE: cannot read $file." >&2
        exit 2
    fi
    export "$name=$value"
    unset "${name}_FILE"
done
if [ -z "${LATCHKEY_TURN_KEY:-}" ]; then
    echo "LATCHKEY_TURN_KEY (or LATCHKEY_TURN_KEY_FILE) must be set." >&2
    exit 2
fi
model=${LATCHKEY_MODEL:-models/latchkey.tar.gz}
if [ ! -f "$model" ]; then
    echo "There is no trained model at $model: set LATCHKEY_MODEL." >&2
    exit 2
fi

# One address or several, commas between; each with or without /webhook at its end.
actions=$(printf '%s' "${LATCHKEY_ACTIONS_URL:-http://127.0.0.1:5055}" |
    sed -e 's|[[:space:]]||g' -e 's|/*\(,\)|\1|g' -e 's|/*$||' \
        -e 's|/webhook\(,\)|\1|g' -e 's|/webhook$||' -e 's|,|/webhook,|g' -e 's|$|/webhook|')

umask 077
if [ -z "${LATCHKEY_TRACKER_URL:-}" ]; then
    set -- --tracker "${LATCHKEY_HOME:-.latchkey/state}/tracker.db" "$@"
fi
exec python -m bot.serve --model "$model" --host "${LATCHKEY_RASA_HOST:-127.0.0.1}" \
    --port "${LATCHKEY_RASA_PORT:-5005}" --actions "$actions" "$@"
