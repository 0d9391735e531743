//! Vectors of embeddings: directions drawn for each text, of length 1. The same text has the same one.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::random::{StreamName, Streams};
use crate::units::Tokens;

const VECTORS: StreamName = StreamName::new("mock/embeddings");

/// How many numbers a vector of the model has (model page, 2026-02); 1,536 where it is not known.
pub(super) fn dimension(model: &str) -> usize {
    if model.contains("text-embedding-3-large") { 3_072 } else { 1_536 }
}

/// The answer with a vector for each input.
pub(super) fn body(
    streams: Streams,
    inputs: &[u64],
    dimension: usize,
    is_base64: bool,
    (model, prompt): (&str, Tokens),
) -> String {
    let mut out = String::from("{\"object\":\"list\",\"data\":[");
    for (at, input) in inputs.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        // Writing to a string does not fail.
        let _ = write!(out, "{{\"object\":\"embedding\",\"index\":{at},\"embedding\":");
        let vector = vector(streams, *input, dimension);
        if is_base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            let _ = write!(out, "\"{}\"", STANDARD.encode(bytes));
        } else {
            for (place, number) in vector.iter().enumerate() {
                let _ = write!(out, "{}{number}", if place == 0 { '[' } else { ',' });
            }
            out.push(']');
        }
        out.push('}');
    }
    let _ = write!(
        out,
        "],\"model\":{model},\"usage\":{{\"prompt_tokens\":{prompt},\"total_tokens\":{prompt}}}}}"
    );
    out
}

#[expect(clippy::cast_possible_truncation, reason = "the service gives numbers of single precision")]
fn vector(streams: Streams, input: u64, dimension: usize) -> Vec<f32> {
    let mut stream = streams.keyed(VECTORS, input, 0);
    let drawn: Vec<f64> = (0..dimension.max(1)).map(|_| stream.between(-1.0, 1.0)).collect();
    let length = drawn.iter().map(|x| x * x).sum::<f64>().sqrt();
    drawn.into_iter().map(|x| (x / length) as f32).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn answer(inputs: &[u64], dimension: usize, is_base64: bool) -> Value {
        let body = body(Streams::new(3), inputs, dimension, is_base64, ("\"m\"", Tokens(5)));
        serde_json::from_str(&body).unwrap()
    }

    #[test]
    fn vectors_have_length_one_and_belong_to_their_text() {
        let json = answer(&[7, 8, 7], 1_536, false);
        let vectors: Vec<Vec<f64>> = (0..3)
            .map(|at| {
                json["data"][at]["embedding"].as_array().unwrap().iter().filter_map(Value::as_f64).collect()
            })
            .collect();
        for vector in &vectors {
            assert_eq!(vector.len(), 1_536);
            assert!((vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-5);
        }
        assert!(vectors[0] == vectors[2] && vectors[0] != vectors[1]);
    }

    #[test]
    fn base64_is_the_same_in_single_precision() {
        let numbers = answer(&[7], 4, false)["data"][0]["embedding"].clone();
        let coded = answer(&[7], 4, true)["data"][0]["embedding"].as_str().unwrap().to_owned();
        let bytes = STANDARD.decode(coded).unwrap();
        let decoded: Vec<f32> = bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        let expected: Vec<f32> = serde_json::from_value(numbers).unwrap();
        assert_eq!(decoded, expected);
    }
}
