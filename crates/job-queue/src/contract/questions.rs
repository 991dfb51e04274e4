//! What questions promise: one answer from somebody, or the word that there is nobody.

use std::time::{Duration, Instant};

use super::{PATIENCE, Parties};
use crate::Questions;

async fn next(questions: &mut Box<dyn Questions>) -> crate::Question {
    tokio::time::timeout(PATIENCE, questions.next()).await.expect("a question in time").expect("a question")
}

/// Whoever answers gets the question, and whoever asked gets the answer to it.
pub async fn a_question_is_answered(parties: &Parties) {
    let mut questions = parties.gateway.answer_questions().await.expect("answer");
    let answering = async {
        for _ in 0..50 {
            let question = next(&mut questions).await;
            let answer = [b"answer to ", question.body.as_slice()].concat();
            question.answer(answer);
        }
    };
    let asking = futures::future::join_all((0..50).map(|number| async move {
        let answer = parties.executor.ask(format!("{number}").into_bytes(), PATIENCE).await.expect("ask");
        assert_eq!(answer.expect("an answer"), format!("answer to {number}").into_bytes());
    }));
    tokio::join!(answering, asking);
}

/// Each question reaches one of those who answer.
pub async fn questions_are_shared(parties: &Parties) {
    let mut both = Vec::new();
    for _ in 0..2 {
        let mut questions = parties.gateway.answer_questions().await.expect("answer");
        both.push(tokio::spawn(async move {
            while let Ok(question) = questions.next().await {
                question.answer(b"yes".to_vec());
            }
        }));
    }
    for _ in 0..20 {
        assert_eq!(parties.executor.ask(b"?".to_vec(), PATIENCE).await.expect("ask").expect("an answer"), b"yes");
    }
    both.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Without anybody who answers that is known at once, also when there was somebody before.
pub async fn nobody_to_ask_is_known_at_once(parties: &Parties) {
    let ask = || async {
        let began = Instant::now();
        let answer = parties.executor.ask(b"?".to_vec(), PATIENCE).await.expect("ask");
        (answer, began.elapsed())
    };
    let (answer, took) = ask().await;
    assert!(answer.is_none() && took < PATIENCE / 2, "{answer:?} after {took:?}");
    drop(parties.gateway.answer_questions().await.expect("answer"));
    // The broker may take a moment to notice that there is nobody any more.
    let gone = async {
        loop {
            let answer = parties.executor.ask(b"?".to_vec(), Duration::from_millis(200)).await.expect("ask");
            assert!(answer.is_none());
            let (_, took) = ask().await;
            if took < Duration::from_millis(200) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE * 2, gone).await.expect("nobody is there, and that is known");
}

/// An answer that does not come is waited for no longer than the limit.
pub async fn a_question_nobody_answers_in_time_is_given_up(parties: &Parties) {
    let mut questions = parties.gateway.answer_questions().await.expect("answer");
    let answer = parties.executor.ask(b"?".to_vec(), Duration::from_millis(300)).await.expect("ask");
    assert!(answer.is_none());
    // Too late: nobody is hurt.
    next(&mut questions).await.answer(b"late".to_vec());
    let asked = parties.executor.ask(b"!".to_vec(), PATIENCE);
    let answered = async { next(&mut questions).await.answer(b"in time".to_vec()) };
    let (answer, ()) = tokio::join!(asked, answered);
    assert_eq!(answer.expect("ask").expect("an answer"), b"in time");
}
