# shellcheck shell=sh disable=SC2034  # A line that is read is a line that is passed over.
# A slot process that only pretends. $1 is a folder: `begun` there gets the uuid of each job that begins, and a job that
# holds goes on when `go` is there, and so does a slot that is tired. While `gone` is there no slot gets ready. A job's code is one word that says what to
# pretend.
read -r settings
time='"2026-01-01T00:00:00.000Z"'
ready='{"ready":{"prepared_in":{"secs":0,"nanos":0}}}'
part() { rest=${line#*\""$1"\":\"}; printf %s "${rest%%\"*}"; }
log() { printf '{"log":{"time":%s,"level":"INFO","message":"%s"}}\n' "$time" "$1"; }
end() { printf '{"done":{"outcome":"%s","error":%s,"results":{"uuid":"%s"},"started_at":%s,"finished_at":%s,"duration":5}}\n' "$1" "$2" "$uuid" "$time" "$time"; }
while [ -e "$1/gone" ]; do sleep 0.02; done
echo "$ready"
while read -r line; do
    case $line in *'"stop"'*) continue ;; esac
    uuid=$(part uuid)
    # A slot that is lost before its job begins, and there is no other.
    case $(part code) in lost) : >"$1/gone" && exit 1 ;; esac
    echo '"began"'
    echo "$uuid" >>"$1/begun"
    log "hello of $uuid"
    case $(part code) in
        hold)
            while [ ! -e "$1/go" ]; do sleep 0.02; done
            end succeeded null
            ;;
        stoppable)
            read -r stop
            end cancelled '"cancelled"'
            ;;
        # Ends, and is not ready for another for long.
        tired)
            end succeeded null
            while [ ! -e "$1/go" ]; do sleep 0.02; done
            ;;
        deaf) exec sleep 600 ;;
        flood)
            text=$(printf '%065536d' 0)
            while :; do log "$text"; done
            ;;
        many) while :; do log x; done ;;
        endless) exec cat /dev/zero ;;
        deep)
            printf '{"done":{"outcome":"succeeded","error":null,"results":'
            printf '{"a":%.0s' $(seq 500)
            printf 1
            printf '}%.0s' $(seq 500)
            printf ',"started_at":null,"finished_at":null,"duration":5}}\n'
            ;;
        # More results than the job may have, and a name that is another job's.
        greedy)
            printf '{"done":{"uuid":"other","instance":"other","outcome":"succeeded","error":null,"results":{"a":"'
            head -c "$(part size)" /dev/zero | tr '\0' x
            printf '"},"started_at":null,"finished_at":null,"duration":5}}\n'
            ;;
        # Words that need no answer, for ever.
        babble) while :; do echo '{"proxy_closed":5}'; done ;;
        # Questions for ever, whose answers nobody reads.
        asking) while :; do echo '{"network":{"number":1,"question":{"outcome":{"proxy":0,"target":"a:1"}}}}'; done ;;
        *) end succeeded null ;;
    esac
    echo "$ready"
done
