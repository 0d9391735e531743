//! A path as a Mermaid sequence diagram.

use super::calls::{Arrow, End, arrows};
use crate::verify::{Course, Setup};

/// The diagram.
pub(crate) fn mermaid(course: &Course, setup: &Setup) -> String {
    let mut text = String::from("sequenceDiagram\n  participant C as Client\n  participant G as Gateway\n");
    for (number, backend) in setup.gateway.backends().iter().enumerate() {
        text.push_str(&format!("  participant B{number} as {}\n", clean(&backend.name)));
    }
    for arrow in arrows(course) {
        match arrow {
            Arrow::Call { from, to, words, is_answer } => {
                let line = if is_answer { "-->>" } else { "->>" };
                text.push_str(&format!("  {}{line}{}: {}\n", id(from), id(to), clean(&words)));
            }
            Arrow::Note { over, words } => {
                text.push_str(&format!("  Note over {}: {}\n", id(over), clean(&words)));
            }
        }
    }
    text
}

fn id(end: End) -> String {
    match end {
        End::Client => "C".to_owned(),
        End::Gateway => "G".to_owned(),
        End::Backend(number) => format!("B{number}"),
    }
}

/// Words without what the language reads as its own.
fn clean(words: &str) -> String {
    words.replace([';', '#'], ",").replace(['\n', '\r'], " ")
}
