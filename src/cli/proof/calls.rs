//! A path as calls between the client, the gateway and the backends, for diagrams.

use crate::verify::{Course, Happening, Scene, Setup};
use crate::wording::time;

/// Who calls or is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Client,
    Gateway,
    Backend(u16),
}

/// One line of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrow {
    /// A call or an answer.
    Call { from: End, to: End, words: String, is_answer: bool },
    /// Something that is worth saying.
    Note { over: End, words: String },
}

/// The lines, in order.
pub(crate) fn arrows(course: &Course, setup: &Setup) -> Vec<Arrow> {
    let mut all = Vec::new();
    for scene in &course.scenes {
        let Some(request) = scene.request else {
            all.push(Arrow::Note {
                over: End::Gateway,
                words: format!("{} (now {})", scene.event, time(scene.at)),
            });
            continue;
        };
        let name = format!("r{}", request.saturating_add(1));
        let call = |from, to, words: String, is_answer| Arrow::Call { from, to, words, is_answer };
        match scene.answer {
            Some((backend, answer)) => {
                let words = format!("{name}: {}", answer.words());
                all.push(call(End::Backend(backend), End::Gateway, words, true));
            }
            None if matches!(scene.happening, Some(Happening::Arrives(_))) => {
                all.push(call(End::Client, End::Gateway, name.clone(), false));
            }
            None => all.push(Arrow::Note { over: End::Gateway, words: scene.event.clone() }),
        }
        if !scene.why.is_empty() {
            all.push(Arrow::Note { over: End::Gateway, words: scene.why.clone() });
        }
        if let Some(pick) = scene.pick {
            all.push(call(End::Gateway, End::Backend(pick), name.clone(), false));
        }
        if let Some(status) = scene.answered {
            all.push(call(End::Gateway, End::Client, format!("{name}: {status}"), true));
        }
        all.extend(breaches(scene, setup));
    }
    all
}

fn breaches(scene: &Scene, setup: &Setup) -> impl Iterator<Item = Arrow> {
    scene.breaches.iter().map(|breach| {
        let info = setup.info(breach.property);
        Arrow::Note { over: End::Gateway, words: format!("{}: {}", info.name, info.broken) }
    })
}
