#!/usr/bin/env bash
# What TLS costs: the same requests in the clear, with an ECDSA P-256 and with an RSA 2048 certificate, one after the
# other, ROUNDS (default 3) times, on one CPU (SERVER_CPU, default 0); generator wrk on another (LOAD_CPU, 1).
#   page       GET /healthz, 64 keep-alive connections
#   refusal    GET /v1/drill with its eight permits taken and no queue, likewise: 503
#   bytes      GET of 1 MiB, 8 connections
#   connection GET /healthz with a connection for each; over TLS all but the first are resumed by tickets
#   handshake  TLS handshakes and nothing else, none resumed, one after the other
# nginx, with the same files and a fixed reply, runs beside it where it is installed. CPU time of the server's processes
# for each answer is what to compare; answers a second depend on the generator, too, which has its share of the work
# of TLS. Prints Markdown.
# packages: peers
set -euo pipefail
# shellcheck source=loadtest/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" wrk taskset python3 openssl curl

rounds=${ROUNDS:-${1:-3}}
seconds=${SECONDS_EACH:-3}

make_pair() { # NAME ALGORITHM...
    local name=$1
    shift
    openssl req -x509 -newkey "$@" -nodes -days 2 -subj /CN=localhost \
        -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null
}

# cpu_ticks PID...: of the processes and their children that live.
cpu_ticks() {
    local sum=0 pid fields
    for pid in "$@"; do
        read -ra fields <<<"$(sed 's/.*) //' "/proc/$pid/stat")"
        sum=$((sum + fields[11] + fields[12]))
    done
    printf '%s\n' "$sum"
}

# drive WHO WHAT PIDS WRK_ARGUMENT...: one line "who what answers-a-second microseconds" to the results.
drive() {
    local who=$1 what=$2 pids=$3 before after
    shift 3
    # shellcheck disable=SC2086
    before=$(cpu_ticks $pids)
    on_load_cpu wrk -t1 -d"${seconds}s" "$@" >"$work/wrk"
    # shellcheck disable=SC2086
    after=$(cpu_ticks $pids)
    awk -v who="$who" -v what="$what" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
        /requests in/ { n = $1 } /^Requests\/sec/ { rate = $2 }
        END { printf "%s %s %.0f %.2f\n", who, what, rate, n ? 1e6 * ticks / hz / n : 0 }' "$work/wrk" >>"$work/results"
}

drive_all() { # WHO PIDS URL_OF_A_PAGE URL_OF_A_REFUSAL
    drive "$1" page "$2" -c64 "$3"
    drive "$1" refusal "$2" -c64 "$4"
    drive "$1" connection "$2" -c16 -H 'Connection: close' "$3"
    case $3 in https:*) shake_hands "$1" "$2" "$3" ;; esac
}

shake_hands() { # WHO PIDS URL
    local before after address=${3#https://}
    # shellcheck disable=SC2086
    before=$(cpu_ticks $2)
    on_load_cpu openssl s_time -new -time "$seconds" -connect "${address%%/*}" >"$work/shaken" 2>/dev/null
    # shellcheck disable=SC2086
    after=$(cpu_ticks $2)
    awk -v who="$1" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
        / real seconds/ { printf "%s handshake %.0f %.2f\n", who, $1 / $4, 1e6 * ticks / hz / $1 }
        ' "$work/shaken" >>"$work/results"
}

run_service() { # WHO SCHEME --set...
    local who=$1 url holder
    url=$2
    shift 2
    start_server --set server.shards=1 --set limiters.drill.limit.value=8 --set limiters.drill.queue.capacity=0 "$@"
    url=$url://$public
    drive "$who" bytes "$server_pid" -c8 "$url/v1/drill?bytes=1048576"
    wrk -t1 -c8 -d"$((seconds * 3 + 2))s" "$url/v1/drill?sleep_ms=10000" >/dev/null &
    holder=$!
    sleep 0.5
    drive_all "$who" "$server_pid" "$url/healthz" "$url/v1/drill"
    kill -TERM "$holder" 2>/dev/null || true
    wait "$holder" || true
    stop_server
}

nginx_pid=''
run_nginx() { # WHO PAIR, or no pair
    local ssl='' scheme=http
    [ -z "$2" ] || { ssl='ssl' scheme=https; }
    cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; pid $work/nginx.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000;
  server { listen 127.0.0.1:${NGINX_PORT:-18443} $ssl;
    $([ -z "$2" ] || printf 'ssl_certificate %s.pem; ssl_certificate_key %s.key; ssl_protocols TLSv1.2 TLSv1.3;' \
        "$work/$2" "$work/$2")
    location /page { return 200 "ok"; }
    location /full { return 503 "full"; } } }
CONF
    taskset -c "$server_cpu" nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null &
    nginx_pid=$!
    for _ in $(seq 50); do
        curl -ksf "$scheme://127.0.0.1:${NGINX_PORT:-18443}/page" >/dev/null && break
        sleep 0.1
    done
    local url=$scheme://127.0.0.1:${NGINX_PORT:-18443}
    drive_all "$1" "$(pgrep -P "$nginx_pid")" "$url/page" "$url/full"
    kill -TERM "$nginx_pid"
    wait "$nginx_pid" || true
}

make_pair ecdsa ec -pkeyopt ec_paramgen_curve:P-256
make_pair rsa rsa:2048
: >"$work/results"
for ((round = 0; round < rounds; round++)); do
    say "round $((round + 1)) of $rounds"
    run_service plain http
    run_service ecdsa https --set "server.tls={certificate: $work/ecdsa.pem, key: $work/ecdsa.key}"
    run_service rsa https --set "server.tls={certificate: $work/rsa.pem, key: $work/rsa.key}"
    if command -v nginx >/dev/null; then
        run_nginx nginx-plain ''
        run_nginx nginx-ecdsa ecdsa
        run_nginx nginx-rsa rsa
    fi
done
cp "$work/results" "$out/tls.txt"
python3 - "$work/results" <<'PY'
import statistics
import sys

rows = {}
for line in open(sys.argv[1], encoding="ascii"):
    who, what, rate, cpu = line.split()
    rows.setdefault((who, what), []).append((float(rate), float(cpu)))
print("| who | what | answers a second | us of CPU each |\n|---|---|---:|---:|")
for (who, what), seen in rows.items():
    rate, cpu = (statistics.median(values) for values in zip(*seen))
    print(f"| {who} | {what} | {rate:,.0f} | {cpu:.1f} |")
PY
