//! Product files to front ends, by the packages they belong to and by what they import. Knows nothing of folders
//! above the nearest `package.json`, and no other role.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::content::window;
use super::{File, FileKind, Role};
use crate::facts::Language;
use crate::manifests::{self, ManifestKind};

/// Packages that draw in a browser or on a phone.
const BROWSER: &[&str] = &[
    "@angular/core",
    "@builder.io/qwik",
    "@ionic/core",
    "alpinejs",
    "ember-source",
    "expo",
    "jquery",
    "lit",
    "preact",
    "react-dom",
    "react-native",
    "react-scripts",
    "solid-js",
    "svelte",
    "vue",
];

/// Alone it also writes mails on the server and types of libraries for both sides.
const AMBIGUOUS: &[&str] = &["react"];

/// Packages that answer requests or keep data: some of the files are no front end.
const SERVER: &[&str] = &[
    "@adonisjs/core",
    "@apollo/server",
    "@feathersjs/feathers",
    "@hapi/hapi",
    "@hono/node-server",
    "@nestjs/core",
    "@prisma/client",
    "@trpc/server",
    "apollo-server",
    "apollo-server-express",
    "better-sqlite3",
    "drizzle-orm",
    "elysia",
    "express",
    "fastify",
    "graphql-yoga",
    "h3",
    "hono",
    "ioredis",
    "knex",
    "koa",
    "kysely",
    "moleculer",
    "mongodb",
    "mongoose",
    "mysql",
    "mysql2",
    "nodemailer",
    "pg",
    "postgres",
    "redis",
    "restify",
    "sequelize",
    "socket.io",
    "sqlite3",
    "typeorm",
    "ws",
];

/// Packages whose one application is drawn in the browser and answers on the server.
const FULL_STACK: &[&str] = &[
    "@react-router/dev",
    "@react-router/node",
    "@redwoodjs/core",
    "@redwoodjs/web",
    "@remix-run/dev",
    "@remix-run/node",
    "@remix-run/react",
    "@solidjs/start",
    "@sveltejs/kit",
    "@tanstack/react-start",
    "@tanstack/start",
    "astro",
    "blitz",
    "next",
    "nuxt",
    "vinxi",
];

/// Modules that only code for the browser imports. A trailing slash takes all below it.
const BROWSER_MODULES: &[&str] = &[
    "@angular/",
    "@ngrx/",
    "@tanstack/react-query",
    "mobx-react",
    "pinia",
    "preact",
    "preact/",
    "react-dom",
    "react-dom/client",
    "react-native",
    "react-redux",
    "react-router-dom",
    "solid-js",
    "svelte",
    "svelte/",
    "swr",
    "vue",
    "vue-router",
    "vuex",
];

/// Modules that no browser has. A trailing slash takes all below it.
const SERVER_MODULES: &[&str] = &[
    "@angular/ssr",
    "@angular/platform-server",
    "@nestjs/",
    "@remix-run/node",
    "@trpc/server",
    "express",
    "fastify",
    "fs",
    "fs/promises",
    "hono",
    "koa",
    "next/cache",
    "next/headers",
    "next/server",
    "node:",
    "react-dom/server",
    "server-only",
];

/// Folders of a full-stack application that hold what its pages are made of.
const PAGE_PARTS: &[&str] = &["component", "components", "composables", "context", "contexts", "hooks", "stores", "ui"];

/// Parts of module names that lead to the server's side of a full-stack application.
const SERVER_PARTS: &[&str] = &["actions", "database", "db", "drizzle", "prisma", "server"];

/// Folders of the server's side, where markup makes mails and pages.
const SERVER_FOLDERS: &[&str] = &["backend", "server", "server-only"];

/// What frameworks call on the server in a file that is otherwise drawn in the browser.
const SERVER_ENTRIES: &[&str] = &[
    "export async function action",
    "export async function loader",
    "export const action",
    "export const loader",
    "export function action",
    "export function loader",
    "getInitialProps",
    "getServerSideProps",
    "getStaticPaths",
    "getStaticProps",
];

/// What only the script of a page says.
const PAGE_WORDS: &[&str] = &[
    "$(document)",
    "document.addEventListener(",
    "document.getElementById(",
    "document.querySelector",
    "window.location",
];

/// Names that are longer are not looked through.
const LONGEST_HOOK: usize = 80;

/// A folder whose files are front end to this share in percent is front end.
const MOST: usize = 50;
/// With fewer files a folder says nothing.
const FEW: usize = 10;

/// What the dependencies of a package make of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    /// No browser framework.
    Server,
    /// No server framework.
    FrontEnd,
    FullStack,
    /// Both, as two programs or as a library for two.
    Mixed,
}

/// Turns product files into front ends, where the path is not `fixed` by the configuration.
pub(super) fn mark(files: &mut [File], fixed: impl Fn(&str) -> bool + Sync) {
    let packages = packages(files);
    let sides: Vec<Side> = files
        .par_iter()
        .map(|file| match file.role == Role::Product && is_script(file) && !fixed(&file.path) {
            true => Script::of(file).side(nearest(&packages, &file.path)),
            false => Side::Decided,
        })
        .collect();
    let around = neighbourhoods(files, &sides, &packages);
    let is_around = |file: &File| folders(&file.path).any(|folder| around.contains(folder));
    let front_ends: Vec<bool> = files
        .iter()
        .zip(sides)
        .map(|(file, side)| side == Side::Browser || (side == Side::Either && is_around(file)))
        .collect();
    for (file, _) in files.iter_mut().zip(front_ends).filter(|(_, is_front_end)| *is_front_end) {
        file.role = Role::FrontEnd;
    }
}

/// Where a script runs, as far as the script and its package tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Browser,
    Server,
    Either,
    /// Has another role, or no choice.
    Decided,
}

fn packages(files: &[File]) -> HashMap<String, Package> {
    let mut packages = HashMap::new();
    for file in files.iter().filter(|file| file.kind == FileKind::Manifest) {
        if ManifestKind::of_path(&file.path) == Some(ManifestKind::Node)
            && let Some(facts) = manifests::facts(&file.path, &file.text)
        {
            let has = |names: &[&str]| facts.dependencies.iter().any(|known| names.contains(&known.name.as_str()));
            let package = match (has(BROWSER), has(SERVER)) {
                _ if has(FULL_STACK) => Package::FullStack,
                (true, false) => Package::FrontEnd,
                (true, true) => Package::Mixed,
                (false, _) if has(AMBIGUOUS) => Package::Mixed,
                (false, _) => Package::Server,
            };
            let folder = crate::paths::folder(&file.path);
            packages.insert(folder.to_owned(), package);
        }
    }
    packages
}

fn nearest(packages: &HashMap<String, Package>, path: &str) -> Option<Package> {
    folders(path).find_map(|folder| packages.get(folder).copied())
}

/// The folders of a path, the innermost first, the root last.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(end, _)| &path[..end]).chain([""])
}

fn is_script(file: &File) -> bool {
    matches!(file.kind, FileKind::Source(grammar) if grammar.language() == Language::TypeScript)
}

/// A script and the modules it imports.
struct Script<'a> {
    path: &'a str,
    text: &'a str,
    modules: Vec<&'a str>,
}

impl<'a> Script<'a> {
    fn of(file: &'a File) -> Self {
        Self { path: &file.path, text: &file.text, modules: modules(&file.text).collect() }
    }

    fn side(&self, package: Option<Package>) -> Side {
        if self.imports(SERVER_MODULES) || self.has_directive("use server") {
            return Side::Server;
        }
        let is_front_end = self.has_directive("use client")
            || match package {
                Some(Package::FrontEnd) => true,
                Some(Package::FullStack) => self.is_drawn(),
                Some(Package::Mixed) => {
                    self.imports(BROWSER_MODULES)
                        || (self.draws() && !self.is_of_server() && (self.calls_hook() || !self.names_server()))
                }
                Some(Package::Server) | None => self.imports(BROWSER_MODULES) || self.is_page_script(),
            };
        match is_front_end {
            true => Side::Browser,
            false if self.names_server() => Side::Server,
            false => Side::Either,
        }
    }

    /// Whether a file of a full-stack application runs in the browser. Components may run on the server too, and
    /// query there; hooks cannot.
    fn is_drawn(&self) -> bool {
        !self.is_of_server()
            && !SERVER_ENTRIES.iter().any(|entry| self.text.contains(entry))
            && ((self.draws() && self.calls_hook())
                || ((self.is_page_part() || self.imports(BROWSER_MODULES)) && !self.names_server()))
    }

    /// Whether a file makes markup, or what makes markup.
    fn draws(&self) -> bool {
        let markup = self.path.ends_with('x') && (self.text.contains("</") || self.text.contains("/>"));
        markup || self.imports(AMBIGUOUS)
    }

    /// `useState(`, `useQuery<User>(`.
    fn calls_hook(&self) -> bool {
        self.text.match_indices("use").any(|(at, word)| {
            let rest = &self.text.as_bytes()[at + word.len()..];
            let name = rest.iter().take(LONGEST_HOOK).take_while(|byte| byte.is_ascii_alphanumeric()).count();
            rest.first().is_some_and(u8::is_ascii_uppercase)
                && matches!(rest.get(name), Some(b'(' | b'<'))
                && !self.text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    }

    fn is_page_part(&self) -> bool {
        let mut words = self.path.rsplit('/').skip(1);
        words.clone().any(|word| PAGE_PARTS.contains(&word)) && !words.any(|word| word == "api")
    }

    fn is_of_server(&self) -> bool {
        self.path.rsplit('/').skip(1).any(|word| SERVER_FOLDERS.contains(&word))
    }

    /// Whether a file is, or imports from, a module that is named after the server's side.
    fn names_server(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let mut parts = self.modules.iter().flat_map(|module| module.split('/'));
        name.contains(".server.")
            || parts.any(|part| {
                SERVER_PARTS.contains(&part.trim_start_matches(['@', '~', '#', '$'])) || part.ends_with(".server")
            })
    }

    /// A plain script of a page speaks to the document and neither imports nor exports anything.
    fn is_page_script(&self) -> bool {
        PAGE_WORDS.iter().any(|word| self.text.contains(word))
            && !self.text.contains("require(")
            && !self.text.contains("process.env")
            && !self.text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "))
    }

    fn has_directive(&self, directive: &str) -> bool {
        let head = window(self.text, 2000);
        head.lines().any(|line| line.trim().trim_end_matches(';').trim_matches(['"', '\'']) == directive)
    }

    fn imports(&self, listed: &[&str]) -> bool {
        self.modules.iter().any(|module| {
            listed.iter().any(|known| match known.ends_with(['/', ':']) {
                true => module.starts_with(known),
                false => module == known,
            })
        })
    }
}

/// The modules that a script names, as far as lines tell: types are erased before anything runs and do not count.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim_end().trim_end_matches(';');
        let words: &[&str] = match line.as_bytes().last()? {
            b'"' | b'\'' if !line.starts_with("import type ") => &["from ", "import "],
            b')' => &["require(", "import("],
            _ => return None,
        };
        let (_, module) = words.iter().find_map(|word| line.rsplit_once(word))?;
        let module = module.trim_end_matches(')');
        let quote = module.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        module[1..].split(quote).next()
    })
}

/// Folders of packages with two programs that hold the one for the browser, helpers without imports included.
fn neighbourhoods<'a>(files: &'a [File], sides: &[Side], packages: &HashMap<String, Package>) -> HashSet<&'a str> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (file, side) in files.iter().zip(sides).filter(|(_, side)| **side != Side::Decided) {
        let package = folders(&file.path).find(|folder| packages.contains_key(*folder));
        let Some(package) = package.filter(|package| packages[*package] == Package::Mixed) else {
            continue;
        };
        for folder in folders(&file.path).take_while(|folder| folder.len() > package.len()) {
            let (front_ends, all) = counts.entry(folder).or_default();
            *front_ends += usize::from(*side == Side::Browser);
            *all += 1;
        }
    }
    let most = |(front_ends, all): &(usize, usize)| *all >= FEW && front_ends * 100 >= all * MOST;
    counts.into_iter().filter(|(_, counts)| most(counts)).map(|(folder, _)| folder).collect()
}
