#!/bin/bash
# shared.sh DIRECTORY AMQP_PORT DISTRIBUTION_PORT EPMD_PORT
#
# Runs one RabbitMQ for all test processes of this user and stops it when none has used it for a while. Each user holds a
# shared lock on DIRECTORY/users.lock, which the kernel gives back however the process ends. Must lead its own process group.
set -u
directory=$1
linger=15

stop() {
    rm -rf "$directory/port" "$directory/guardian" "$directory/node"
    kill -9 0
}
trap stop TERM INT HUP

echo $$ >"$directory/guardian"
exec 9<>"$directory/users.lock"
"$(dirname "$0")/broker.sh" "$directory/node" "$2" "$3" "$4" 9>&- &
broker=$!
while kill -0 "$broker" 2>/dev/null; do
    # Waits here while anyone uses the broker; wakes up now and then to see whether it still lives.
    flock --timeout 5 --exclusive 9 || continue
    flock --unlock 9
    # The child must not hold a copy of the lock's descriptor.
    sleep "$linger" 9>&- &
    wait $!
    # Who comes from now on waits for this lock and then finds no broker.
    flock --nonblock --exclusive 9 && break
done
stop
