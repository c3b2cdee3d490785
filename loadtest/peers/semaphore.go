// The same drill in Go: net/http and a buffered channel as the semaphore.
//
//	semaphore -limit N -wait 5ms -procs P
//
// limit 0 serves everybody; wait 0 refuses at once. Listens on a free loopback port and prints it.
// procs is GOMAXPROCS: with one processor the goroutine that burns keeps the next request from being
// looked at, and the semaphore never refuses; so it is at least 2, also on one CPU.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const body = `{"type":"about:blank","title":"Service Unavailable","status":503,` +
	`"detail":"every worker is busy","reason":"queue_full","retry_after_seconds":1}`

var sink uint32

func threadTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(1 /* RUSAGE_THREAD */, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// burn spends CPU time of the thread that it is locked to, as the service's own drill does.
func burn(amount time.Duration) {
	if amount == 0 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	x := uint32(1)
	for end := threadTime() + amount; threadTime() < end; {
		for i := 0; i < 25000; i++ {
			x = x*1664525 + 1013904223
		}
	}
	sink = x
}

// sleep ends early when the client has gone: its slot is free at once, as in the service.
func sleep(ctx context.Context, amount time.Duration) {
	if amount == 0 {
		return
	}
	timer := time.NewTimer(amount)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func milliseconds(r *http.Request, name string) time.Duration {
	n, _ := strconv.Atoi(r.URL.Query().Get(name))
	return time.Duration(n) * time.Millisecond
}

func drill(w http.ResponseWriter, r *http.Request) {
	burn(milliseconds(r, "cpu_ms"))
	sleep(r.Context(), milliseconds(r, "sleep_ms"))
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, "{}\n")
}

func refuse(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, body)
}

// acquire takes a slot, at once or within the wait.
func acquire(slots chan struct{}, wait time.Duration) bool {
	select {
	case slots <- struct{}{}:
		return true
	default:
	}
	if wait == 0 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case slots <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

func main() {
	limit := flag.Int("limit", 0, "requests in work at once; 0: no limit")
	wait := flag.Duration("wait", 0, "longest wait for a slot")
	procs := flag.Int("procs", 2, "GOMAXPROCS")
	flag.Parse()
	runtime.GOMAXPROCS(*procs)

	handler := http.HandlerFunc(drill)
	if *limit > 0 {
		slots := make(chan struct{}, *limit)
		handler = func(w http.ResponseWriter, r *http.Request) {
			if !acquire(slots, *wait) {
				refuse(w)
				return
			}
			defer func() { <-slots }()
			drill(w, r)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/drill", handler)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic((&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}).Serve(listener))
}
