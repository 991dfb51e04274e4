#!/bin/sh
# broker.sh DIRECTORY AMQP_PORT DISTRIBUTION_PORT EPMD_PORT
#
# Runs a RabbitMQ in the foreground that touches nothing of the system's own: node name, data, log, cookie, plugins and
# epmd belong to DIRECTORY and the three ports. Start it in a process group of its own and kill the group to stop it: epmd
# is a member, and the emulator's other helpers end when their pipe to it closes. On the same DIRECTORY it comes back with its data.
# Lines in DIRECTORY/extra.conf are added to the configuration. User puppet, password puppet. Nodes of a cluster share an epmd,
# which runs before any of them, and the cookie in DIRECTORY/cookie.
set -eu
directory=$1 amqp=$2 distribution=$3 epmd=$4

# The wrapper in /usr/sbin would change to the system's rabbitmq user and drop the environment.
server=/usr/lib/rabbitmq/bin/rabbitmq-server
[ -x "$server" ] || server=$(command -v rabbitmq-server)

mkdir -p "$directory/home"
if [ -f "$directory/cookie" ] && [ ! -f "$directory/home/.erlang.cookie" ]; then
    install -m 400 "$directory/cookie" "$directory/home/.erlang.cookie"
fi
cd "$directory"
echo '[].' >enabled_plugins
: >environment
cat >rabbitmq.conf <<EOF
listeners.tcp.1 = 127.0.0.1:$amqp
default_user = puppet
default_pass = puppet
log.file.level = info
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
EOF
if [ -f extra.conf ]; then cat extra.conf >>rabbitmq.conf; fi

# Not with -daemon: it would leave the process group and outlive the broker. Where one listens already this one ends at once.
epmd -port "$epmd" -address 127.0.0.1 &

# channel_tick_interval: acknowledgement timeouts are looked for every second, not every minute; rabbitmq.conf has no key for it.
# detached=1 makes the script replace itself by the emulator, without a shell that waits in between.
exec env -i PATH="$PATH" LANG=C.UTF-8 HOME="$directory/home" detached=1 \
    RABBITMQ_CONF_ENV_FILE="$directory/environment" \
    RABBITMQ_NODENAME="puppet$amqp@localhost" \
    RABBITMQ_DIST_PORT="$distribution" ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_MNESIA_BASE="$directory/data" RABBITMQ_LOG_BASE="$directory/log" \
    RABBITMQ_GENERATED_CONFIG_DIR="$directory/generated" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$directory/enabled_plugins" \
    RABBITMQ_CONFIG_FILE="$directory/rabbitmq.conf" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +A 4 +sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false -kernel inet_dist_use_interface {127,0,0,1} -rabbit channel_tick_interval 1000" \
    "$server"
