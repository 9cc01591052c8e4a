#!/bin/sh
# Makes what deploy/compose.yaml reads from deploy/secrets; leaves alone what is there.
# The containers read the files as these users, so this is to be run as root.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 711 secrets # each file has a reader of its own
umask 077

parts=10001    # in both Dockerfiles
postgres=999   # in the images of PostgreSQL and Valkey
valkey=999

random() { head -c 36 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
keep() { # name, owner; what it holds comes from standard input
    if [ ! -e "secrets/$1" ]; then
        cat >"secrets/$1.new"
        if [ "$(id -u)" = 0 ]; then chown "$2" "secrets/$1.new"; fi
        mv "secrets/$1.new" "secrets/$1"
    else
        cat >/dev/null
    fi
}

for name in turn_key actor_key helpdesk_secret pseudonym_key accounts_token \
    accounts_staff_token accounts_secret; do
    random | keep "$name" "$parts"
done
random | keep postgres_password "$postgres"
password=$(cat secrets/postgres_password)
printf 'postgresql+psycopg://latchkey:%s@postgres/latchkey' "$password" | keep database_url "$parts"
printf 'postgresql://latchkey:%s@postgres/latchkey' "$password" | keep tracker_url "$parts"
if [ ! -e secrets/valkey_conf ]; then
    password=$(random)
    rm -f secrets/redis_url
    printf 'redis://:%s@valkey:6379/0' "$password" | keep redis_url "$parts"
    printf 'appendonly no\nsave ""\nrequirepass %s\n' "$password" |
        keep valkey_conf "$valkey"
fi
if [ ! -e secrets/smtp_password ]; then
    : | keep smtp_password "$parts"
    echo "Write the mail server's password into deploy/secrets/smtp_password." >&2
fi
