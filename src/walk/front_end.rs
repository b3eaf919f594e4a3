//! Product files to front ends, by the packages they belong to and by what they import. Knows nothing of folders
//! above the nearest `package.json`, and no role but these two.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::role::window;
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
    "react",
    "react-dom",
    "react-native",
    "react-scripts",
    "solid-js",
    "svelte",
    "vue",
];

/// Packages that answer requests, in folders of their own or in a process of their own.
const SERVER: &[&str] = &[
    "@adonisjs/core",
    "@apollo/server",
    "@feathersjs/feathers",
    "@hapi/hapi",
    "@hono/node-server",
    "@nestjs/core",
    "@trpc/server",
    "apollo-server",
    "apollo-server-express",
    "elysia",
    "express",
    "fastify",
    "graphql-yoga",
    "h3",
    "hono",
    "koa",
    "moleculer",
    "restify",
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
    "@prisma/client",
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

/// A folder whose files are front end to this share is front end.
const MOST: usize = 60;
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
    /// Both, as two programs.
    Mixed,
}

/// Turns product files into front ends, where the path is not `fixed` by the configuration.
pub(super) fn mark(files: &mut [File], fixed: impl Fn(&str) -> bool + Sync) {
    let packages = packages(files);
    let open = |file: &File| file.role == Role::Product && is_script(file) && !fixed(&file.path);
    let front: Vec<bool> =
        files.par_iter().map(|file| open(file) && is_front_end(file, nearest(&packages, &file.path))).collect();
    let around = neighbourhoods(files, &front, &packages);
    let drawn_in = |file: &File| folders(&file.path).any(|folder| around.contains(folder)) && !names_server(file);
    let front: Vec<bool> =
        files.par_iter().zip(front).map(|(file, front)| front || (open(file) && drawn_in(file))).collect();
    for (file, _) in files.iter_mut().zip(front).filter(|(_, front)| *front) {
        file.role = Role::FrontEnd;
    }
}

fn packages(files: &[File]) -> HashMap<String, Package> {
    let mut packages = HashMap::new();
    for file in files.iter().filter(|file| file.kind == FileKind::Manifest) {
        if let Some(facts) = manifests::facts(&file.path, &file.text).filter(|facts| facts.kind == ManifestKind::Node) {
            let has = |names: &[&str]| facts.dependencies.iter().any(|known| names.contains(&known.name.as_str()));
            let package = match (has(BROWSER), has(SERVER), has(FULL_STACK)) {
                (_, _, true) => Package::FullStack,
                (true, true, false) => Package::Mixed,
                (true, false, false) => Package::FrontEnd,
                (false, _, false) => Package::Server,
            };
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
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

fn is_front_end(file: &File, package: Option<Package>) -> bool {
    if imports(&file.text, SERVER_MODULES) || has_directive(&file.text, "use server") {
        return false;
    }
    if has_directive(&file.text, "use client") || imports(&file.text, BROWSER_MODULES) {
        return package != Some(Package::FullStack) || !names_server(file);
    }
    match package {
        Some(Package::FrontEnd) => true,
        Some(Package::FullStack) => is_page_part(&file.path) && !names_server(file),
        Some(Package::Mixed) => is_markup(file) && imports(&file.text, &["react"]),
        Some(Package::Server) | None => is_browser_script(&file.text),
    }
}

fn is_markup(file: &File) -> bool {
    file.path.ends_with("x") && (file.text.contains("</") || file.text.contains("/>"))
}

fn is_page_part(path: &str) -> bool {
    let mut words = path.rsplit('/').skip(1);
    words.clone().any(|word| PAGE_PARTS.contains(&word)) && !words.any(|word| word == "server" || word == "api")
}

/// Whether a file imports from a module that is named after the server's side.
fn names_server(file: &File) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.contains(".server.")
        || modules(&file.text).any(|module| {
            is_listed(module, SERVER_MODULES)
                || module.split('/').any(|part| SERVER_PARTS.contains(&part) || part.ends_with(".server"))
        })
}

/// A plain script of a page: it speaks to the document and neither imports nor exports anything.
fn is_browser_script(text: &str) -> bool {
    let page = [
        "document.getElementById(",
        "document.querySelector",
        "document.addEventListener(",
        "window.location",
        "$(document)",
    ];
    page.iter().any(|word| text.contains(word))
        && !text.contains("require(")
        && !text.contains("process.env")
        && !text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "))
}

/// Folders of packages with two programs that hold the one for the browser, helpers without imports included.
fn neighbourhoods<'a>(files: &'a [File], front: &[bool], packages: &HashMap<String, Package>) -> HashSet<&'a str> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (file, front) in files.iter().zip(front) {
        if file.role == Role::Product && is_script(file) && nearest(packages, &file.path) == Some(Package::Mixed) {
            let package = folders(&file.path).find(|folder| packages.contains_key(*folder)).unwrap_or_default();
            for folder in folders(&file.path).take_while(|folder| folder.len() > package.len()) {
                let (front_ends, all) = counts.entry(folder).or_default();
                *front_ends += usize::from(*front);
                *all += 1;
            }
        }
    }
    let most = |(front_ends, all): &(usize, usize)| *all >= FEW && front_ends * 100 >= all * MOST;
    counts.into_iter().filter(|(_, counts)| most(counts)).map(|(folder, _)| folder).collect()
}

fn has_directive(text: &str, directive: &str) -> bool {
    let head = window(text, 2000);
    head.lines().any(|line| line.trim().trim_end_matches(';').trim_matches(['"', '\'']) == directive)
}

fn imports(text: &str, listed: &[&str]) -> bool {
    modules(text).any(|module| is_listed(module, listed))
}

fn is_listed(module: &str, listed: &[&str]) -> bool {
    listed.iter().any(|known| if known.ends_with(['/', ':']) { module.starts_with(known) } else { module == *known })
}

/// The modules that a script names, as far as lines tell: types are erased before anything runs and do not count.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("import type ")).filter_map(|line| {
        let line = line.trim_end().trim_end_matches(';');
        let (_, module) = ["from ", "import ", "require(", "import("].iter().find_map(|word| line.rsplit_once(word))?;
        let module = module.trim_end_matches([')', ' ']);
        let quote = module.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        module[1..].split(quote).next()
    })
}
