#!/bin/bash
# Runs a job through the gateway at HOST:PORT with API_TOKEN and looks at its result: `helm test` runs this in the gateway's
# image, which has no curl. Without a token it asks whether the gateway is ready.
set -euo pipefail

# request METHOD PATH BODY: the whole answer.
request() {
    exec 3<>"/dev/tcp/$HOST/$PORT"
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
        "$1" "$2" "$HOST" "${API_TOKEN:-}" "${#3}" "$3" >&3
    cat <&3
    exec 3>&-
}

if [ -z "${API_TOKEN:-}" ]; then
    answer=$(request GET /readyz "")
    wanted='"ready":true'
else
    answer=$(request POST '/jobs?wait=120' \
        '{"code": "await page.setContent(`<h1>hello</h1>`); results.title = await page.$eval(`h1`, h1 => h1.textContent)"}')
    wanted='"title":"hello"'
fi
case $answer in
    *"$wanted"*) echo "passed: the answer has $wanted" ;;
    *)
        echo "failed: no $wanted in the answer:"
        printf '%s\n' "$answer"
        exit 1
        ;;
esac
