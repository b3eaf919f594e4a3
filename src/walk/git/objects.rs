//! Names of objects to their bytes, over the pipes of two processes of git: one is asked how large they are, so that
//! the other is asked for those alone that somebody wants. Does not know what they are for.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::command::Git;

/// What git has of an object that was asked for.
#[derive(Debug)]
pub(in crate::walk) enum Answer {
    Bytes(Vec<u8>),
    /// Too large.
    Unwanted,
    /// Of a partial clone, or damaged.
    Missing,
}

/// How many are asked for at once: their names fit into the smallest pipe, so that nobody waits for the other forever.
pub(in crate::walk) const BATCH: usize = 50;

/// Started when they are needed.
#[derive(Debug)]
pub(in crate::walk) struct Objects<'g> {
    git: &'g Git,
    pipes: Option<(Pipe, Pipe)>,
}

impl<'g> Objects<'g> {
    pub(in crate::walk) fn new(git: &'g Git) -> Self {
        Self { git, pipes: None }
    }

    /// Hands over an answer for each name, in order. Whether an object is `wanted` is asked by position and size.
    pub(in crate::walk) fn read(
        &mut self,
        names: &[&str],
        wanted: impl Fn(usize, u64) -> bool,
        mut each: impl FnMut(usize, Answer),
    ) {
        for (start, names) in (0..).step_by(BATCH).zip(names.chunks(BATCH)) {
            let sizes = self.sizes(names);
            let is_asked = |(index, size): (usize, &Option<u64>)| size.is_some_and(|size| wanted(start + index, size));
            let asked: Vec<bool> = sizes.iter().enumerate().map(is_asked).collect();
            let names = names.iter().zip(&asked).filter(|(_, asked)| **asked).map(|(name, _)| *name);
            let contents = self.pipes().map(|(_, contents)| contents);
            let mut contents = contents.and_then(|contents| contents.ask(names).map(|()| contents));
            for (index, (size, asked)) in sizes.into_iter().zip(asked).enumerate() {
                let answer = match (size, asked) {
                    (Some(size), true) => contents.as_mut().and_then(|contents| contents.content(size)),
                    (Some(_), false) => Some(Answer::Unwanted),
                    (None, _) => None,
                };
                each(start + index, answer.unwrap_or(Answer::Missing));
            }
        }
    }

    fn sizes(&mut self, names: &[&str]) -> Vec<Option<u64>> {
        let Some((sizes, _)) = self.pipes() else { return vec![None; names.len()] };
        match sizes.ask(names.iter().copied()) {
            Some(()) => names.iter().map(|_| sizes.header()).collect(),
            None => vec![None; names.len()],
        }
    }

    fn pipes(&mut self) -> Option<&mut (Pipe, Pipe)> {
        if self.pipes.is_none() {
            self.pipes = Some((Pipe::new(self.git, "--batch-check")?, Pipe::new(self.git, "--batch")?));
        }
        self.pipes.as_mut()
    }
}

#[derive(Debug)]
struct Pipe {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Pipe {
    fn new(git: &Git, option: &str) -> Option<Self> {
        let mut child = git.talk(&["cat-file", option])?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take()?);
        Some(Self { child, requests, answers })
    }

    /// None when git has ended.
    fn ask<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Option<()> {
        let lines: String = names.flat_map(|name| [name, "\n"]).collect();
        let requests = self.requests.as_mut()?;
        requests.write_all(lines.as_bytes()).and_then(|()| requests.flush()).ok()
    }

    /// The size of a blob: `95d09f2b10159347eece71399a7e2e907ea3df4f blob 11`. None for all else.
    fn header(&mut self) -> Option<u64> {
        let mut line = String::new();
        (&mut self.answers).take(LONGEST).read_line(&mut line).ok()?;
        let mut words = line.split_whitespace().skip(1);
        match (words.next()?, words.next()?.parse()) {
            ("blob", Ok(size)) => Some(size),
            _ => None,
        }
    }

    /// An object of a size that was told before, and the line feed behind it.
    fn content(&mut self, size: u64) -> Option<Answer> {
        self.requests.as_ref()?;
        if self.header()? != size {
            // What follows cannot be told from the next header.
            self.requests = None;
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        (&mut self.answers).take(size).read_to_end(&mut bytes).ok()?;
        let mut end = [0];
        self.answers.read_exact(&mut end).ok()?;
        (bytes.len() as u64 == size).then_some(Answer::Bytes(bytes))
    }
}

/// Of a header, in bytes.
const LONGEST: u64 = 256;

impl Drop for Pipe {
    fn drop(&mut self) {
        // It ends with its input; one that does not is ended.
        self.requests = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
