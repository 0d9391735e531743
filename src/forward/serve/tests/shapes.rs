//! Messages whose end can be read in two ways, and what else is no HTTP: none of it goes on as it came.
//!
//! What hyper 1.12 does is measured here, since it decides before the server sees a request: a length beside chunks is
//! dropped, the chunks count, and the connection ends; the same length twice is one; a line may end without CR.

use super::lab::{FAILOVER, Lab, answer, backend, saying, settings};

/// Status of the first answer to these bytes and how many answers there were.
async fn told(lab: &Lab, text: &str) -> (String, usize, String) {
    let all = lab.say(text.as_bytes()).await;
    let status = all.split(' ').nth(1).unwrap_or("nothing").to_owned();
    (status, all.matches("HTTP/1.1 ").count(), all)
}

#[tokio::test]
async fn requests_that_could_be_read_in_two_ways_are_refused() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let lab = Lab::start(settings(FAILOVER, &[only])).await;
    let post = "POST /openai/d HTTP/1.1\r\nhost: a\r\n";
    let inner = "GET /openai/inner HTTP/1.1\r\nhost: a\r\n\r\n";
    for (what, headers, body) in [
        ("two lengths", "content-length: 1\r\ncontent-length: 2\r\n", "x"),
        ("a list of lengths", "content-length: 1, 1\r\n", "x"),
        ("a length with a sign", "content-length: +1\r\n", "x"),
        ("a negative length", "content-length: -1\r\n", "x"),
        ("a length in hexadecimal", "content-length: 0x1\r\n", "x"),
        ("a length beyond all bounds", "content-length: 99999999999999999999999\r\n", "x"),
        ("an encoding that does not end in chunks", "transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"),
        ("an encoding that nobody knows", "transfer-encoding: xchunked\r\n", "0\r\n\r\n"),
        ("two encodings", "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", "0\r\n\r\n"),
        ("a folded header", "x: 1\r\n transfer-encoding: chunked\r\n", "0\r\n\r\n"),
        ("a folded encoding", "transfer-encoding:\r\n chunked\r\n", "0\r\n\r\n"),
        ("a space before the colon", "content-length : 1\r\n", "x"),
        ("no name", ": 1\r\n", ""),
        ("NUL in a value", "x: a\0b\r\n", ""),
        ("CR in a value", "x: a\rb\r\n", ""),
        ("a size of chunks with a sign", "transfer-encoding: chunked\r\n", "+1\r\nx\r\n0\r\n\r\n"),
        ("chunks whose lines end in LF", "transfer-encoding: chunked\r\n", "1\nx\n0\n\n"),
        ("a chunk longer than it says", "transfer-encoding: chunked\r\n", "1\r\nxyz\r\n0\r\n\r\n"),
        (
            "a chunk beyond all bounds",
            "transfer-encoding: chunked\r\n",
            "fffffffffffffffff\r\nx\r\n0\r\n\r\n",
        ),
    ] {
        let (status, answers, all) = told(&lab, &format!("{post}{headers}\r\n{body}{inner}")).await;
        assert_eq!((&*status, answers), ("400", 1), "{what}: {all}");
        assert!(all.contains("\"statusCode\":400"), "{what}: {all}");
    }
    for (what, text) in [
        ("chunks before HTTP/1.1", "POST /openai/d HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a version that is none", "GET /openai/d HTTP/1.2\r\nhost: a\r\n\r\n"),
        ("a space in the target", "GET /openai/d e HTTP/1.1\r\nhost: a\r\n\r\n"),
        ("a method that is none", "G(T /openai/d HTTP/1.1\r\nhost: a\r\n\r\n"),
    ] {
        let (status, answers, all) = told(&lab, &format!("{text}{inner}")).await;
        assert_eq!((&*status, answers), ("400", 1), "{what}: {all}");
        assert!(all.contains("\"statusCode\":400"), "{what}: {all}");
    }
    assert!(seen.lock().unwrap().is_empty(), "{:?}", seen.lock().unwrap());
}

#[tokio::test]
async fn a_length_beside_chunks_is_dropped_and_ends_the_connection() {
    for headers in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let (only, seen) = backend(|_| answer(200, "")).await;
        let lab = Lab::start(settings(FAILOVER, &[only])).await;
        let text = format!(
            "POST /openai/d HTTP/1.1\r\nhost: a\r\n{headers}\r\n1\r\nx\r\n0\r\n\r\nGET /openai/inner HTTP/1.1\r\nhost: a\r\n\r\n"
        );
        let (_, answers, all) = told(&lab, &text).await;
        assert_eq!(answers, 1, "{headers}: {all}");
        assert!(all.contains("connection: close"), "{headers}: {all}");
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "{headers}: what follows is not read");
        let (head, body) = &seen[0];
        assert_eq!((&**body, &head.headers["content-length"]), ("x", &"1".parse().unwrap()), "{headers}");
        assert!(!head.headers.contains_key("transfer-encoding"), "{headers}");
    }
}

#[tokio::test]
async fn what_is_lax_goes_on_strict() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let lab = Lab::start(settings(FAILOVER, &[only])).await;
    for text in [
        "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx",
        "POST /openai/d HTTP/1.1\nhost: a\ncontent-length: 1\n\nx",
    ] {
        let (status, answers, all) = told(&lab, text).await;
        assert_eq!((&*status, answers), ("200", 1), "{text}: {all}");
    }
    for (head, body) in seen.lock().unwrap().iter() {
        assert_eq!(body, "x");
        assert_eq!(head.headers.get_all("content-length").iter().count(), 1);
    }
}

#[tokio::test]
async fn answers_that_could_be_read_in_two_ways_are_none() {
    let fine = "content-length: 2\r\n\r\nok";
    for (what, text) in [
        ("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 2\r\n\r\nokay".to_owned()),
        ("a list of lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nok".to_owned()),
        ("a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok".to_owned()),
        ("a folded header", format!("HTTP/1.1 200 OK\r\nx: 1\r\n 2\r\n{fine}")),
        ("a space before the colon", format!("HTTP/1.1 200 OK\r\nx : 1\r\n{fine}")),
        ("NUL in a value", format!("HTTP/1.1 200 OK\r\nx: a\0b\r\n{fine}")),
        ("no status", format!("HTTP/1.1 OK\r\n{fine}")),
        ("another protocol", format!("ICY 200 OK\r\n{fine}")),
        (
            "switching protocols",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_owned(),
        ),
        ("headers without end", format!("HTTP/1.1 200 OK\r\n{}{fine}", "x: 1\r\n".repeat(200))),
        ("a header without end", format!("HTTP/1.1 200 OK\r\nx: {}\r\n{fine}", "y".repeat(1024 * 1024))),
    ] {
        let lab = Lab::start(settings(FAILOVER, &[saying(text.leak().as_bytes()).await])).await;
        let (status, _, body) = lab.ask("x").await;
        assert_eq!(status, 500, "{what}: {body}");
    }
}

#[tokio::test]
async fn answers_of_any_framing_go_on_with_one() {
    for (what, text, expected) in [
        ("a length", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more", "ok"),
        (
            "the same length twice",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok",
            "ok",
        ),
        ("the same length in a list", "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok", "ok"),
        (
            "a length beside chunks",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "ok",
        ),
        (
            "chunks before a length",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "ok",
        ),
        ("neither", "HTTP/1.1 200 OK\r\n\r\nok", "ok"),
        ("an old server", "HTTP/1.0 200 OK\r\n\r\nok", "ok"),
        ("lines that end in LF", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok", "ok"),
        (
            "trailers",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-last: 1\r\n\r\n",
            "ok",
        ),
        ("no body by its status", "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok", ""),
        ("less than it says", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", "broken off"),
        (
            "chunks without end",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
            "broken off",
        ),
        (
            "a bad chunk",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nxyz\r\n",
            "broken off",
        ),
    ] {
        let lab = Lab::start(settings(FAILOVER, &[saying(text.as_bytes()).await])).await;
        let (status, headers, body) = lab.ask("x").await;
        assert_eq!((status / 100, &*body), (2, expected), "{what}");
        let lengths = headers.get_all("content-length").iter().count();
        let chunks = headers.get_all("transfer-encoding").iter().count();
        assert!(lengths + chunks <= 1, "{what}: {headers:?}");
    }
}

#[tokio::test]
async fn answers_before_the_answer_are_passed_over() {
    for (what, text) in [
        ("100", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("102", "HTTP/1.1 102 Processing\r\n\r\n"),
        ("103", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        (
            "several",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
        ),
    ] {
        let text = format!("{text}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        let lab = Lab::start(settings(FAILOVER, &[saying(text.leak().as_bytes()).await])).await;
        let (status, headers, body) = lab.ask("x").await;
        assert_eq!((status, &*body), (200, "ok"), "{what}");
        assert!(!headers.contains_key("link"), "{what}");
    }
}

#[tokio::test]
async fn answers_before_an_answer_that_never_comes_end_with_the_policys_time() {
    let hinting = super::lab::raw_backend(|mut stream| async move {
        let hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        while tokio::io::AsyncWriteExt::write_all(&mut stream, hint).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[hinting])).await;
    let began = tokio::time::Instant::now();
    assert_eq!(lab.ask("x").await.0, 500);
    assert!(began.elapsed() < std::time::Duration::from_secs(8));
}
