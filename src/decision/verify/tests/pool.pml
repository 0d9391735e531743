/*
 * One pool of two members with priorities 1 and 2, a breaker each, and a policy that retries once and at once after
 * a 429, after no response, and when no member is ready. Written by hand from the documentation, not from the core.
 *
 * Each option of the loop is one event of the explorer. Nothing but what lies ahead is kept, so that the number of
 * states is comparable, too: 1 stands for a nanosecond, TRIP and TIMEOUT for 60 s and 300 s.
 *
 * K requests at a time (1 or 2), F faults, RULE0 and RULE1: whether the members have a breaker.
 * SHOW selects what is asserted: 0 nothing, 1 no retry to the member that has just answered 429 while the other one is
 * ready, 2 no request is refused because nobody is ready.
 */

#ifndef K
#define K 2
#endif
#ifndef F
#define F 2
#endif
#ifndef RULE0
#define RULE0 1
#endif
#ifndef RULE1
#define RULE1 1
#endif
#ifndef SHOW
#define SHOW 0
#endif

#define CLOSED (-2)
#define OVER (-1)
#define TRIP 6000
#define TIMEOUT 30000
#define NEVER 100000
#define NOBODY 2

#define NOTHING 0
#define STATUS 1
#define SILENCE 2

/* What is left of each trip; OVER: it has ended and nobody has looked. */
int rem[2] = CLOSED;
/* Who was ready when somebody last looked, as bits. */
byte ready;
byte faults;

/* Requests: attempts (0: none), the member called, what is left of its time, what came of the first attempt, and
   the members that have refused, as bits. */
byte tries[2];
byte at[2];
int left[2];
byte first[2];
byte refused[2];

/* Used within an event, and 0 between events. */
byte pick;
byte old;
int by;

inline settle() {
    pick = 0;
    old = 0;
    by = 0
}

#define INSTANT(i) (rem[i] > 1 -> rem[i] - 1 : (rem[i] >= 0 -> 1 : NEVER))
#define NEXT (INSTANT(0) < INSTANT(1) -> INSTANT(0) : INSTANT(1))
#define DUE(p) (tries[p] > 0 -> left[p] : NEVER)
#define EARLIEST (DUE(0) < DUE(1) -> DUE(0) : DUE(1))

inline expire(i) {
    if
    :: rem[i] == OVER || rem[i] == 0 -> rem[i] = CLOSED
    :: else
    fi
}

/* Trips that are over end here. */
inline choose() {
    expire(0);
    expire(1);
    ready = (rem[0] == CLOSED) + 2 * (rem[1] == CLOSED);
    if
    :: rem[0] == CLOSED -> pick = 0
    :: rem[0] != CLOSED && rem[1] == CLOSED -> pick = 1
    :: else -> pick = NOBODY
    fi
}

inline finish(p) {
    tries[p] = 0;
    at[p] = 0;
    left[p] = 0;
    first[p] = NOTHING;
    refused[p] = 0
}

inline send(p) {
    tries[p]++;
    at[p] = pick;
    left[p] = TIMEOUT
}

inline refuse_all(p) {
    assert(SHOW != 2);
    finish(p)
}

inline arrive(p) {
    choose();
    if
    :: pick == NOBODY -> refuse_all(p)
    :: else -> send(p)
    fi
}

/* The first attempt fails: once more. The second: the client hears of it. */
inline failed(p, what) {
    refused[p] = refused[p] | (1 << at[p]);
    if
    :: tries[p] == 2 -> finish(p)
    :: else ->
        old = at[p];
        choose();
        if
        :: pick == NOBODY -> refuse_all(p)
        :: else ->
            assert(SHOW != 1 || what != STATUS || pick != old || rem[1 - pick] != CLOSED
                || (refused[p] & (1 << (1 - pick))) != 0);
            first[p] = what;
            send(p)
        fi
    fi
}

inline pass() {
    if
    :: rem[0] >= 0 -> rem[0] = (rem[0] >= by -> rem[0] - by : OVER)
    :: else
    fi;
    if
    :: rem[1] >= 0 -> rem[1] = (rem[1] >= by -> rem[1] - by : OVER)
    :: else
    fi;
    if
    :: tries[0] > 0 -> left[0] = left[0] - by
    :: else
    fi;
    if
    :: tries[1] > 0 -> left[1] = left[1] - by
    :: else
    fi
}

/* The member hears of an answer; a 429 trips it for TRIP, unless it is tripped already. */
inline tell(i, counts) {
    if
    :: (i == 0 && RULE0) || (i == 1 && RULE1) ->
        expire(i);
        if
        :: counts && rem[i] == CLOSED -> rem[i] = TRIP
        :: else
        fi
    :: else
    fi
}

#define REQUEST(p) \
    :: d_step { tries[p] > 0 -> tell(at[p], false); finish(p); settle() } \
    :: d_step { tries[p] > 0 && faults < F -> faults++; tell(at[p], true); failed(p, STATUS); settle() } \
    :: d_step { tries[p] > 0 && faults < F -> faults++; finish(p); settle() } \
    :: d_step { tries[p] > 0 && faults < F && left[p] == EARLIEST -> \
        faults++; by = left[p]; pass(); failed(p, SILENCE); settle() }

active proctype world() {
    do
    :: d_step { tries[0] == 0 -> arrive(0); settle() }
    :: d_step { K > 1 && tries[0] > 0 && tries[1] == 0 -> arrive(1); settle() }
    REQUEST(0)
    REQUEST(1)
    :: d_step { NEXT < NEVER && NEXT <= EARLIEST -> by = NEXT; pass(); settle() }
    od
}
