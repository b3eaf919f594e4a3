//! The configurations of platforms to facts: the short ones here, the others in files of their own. Knows no
//! repository; a path is relative to the file that names it, unless the platform says otherwise.

use super::{
    azure, command, document, ended, firebase, fly, heroku, netlify, railway, render, resource, runs, supabase, text,
    vercel,
};
use crate::facts::Span;
use crate::manifests::{Broken, Command, ManifestFacts, ManifestKind};

pub(in crate::manifests) fn read(path: &str, content: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    if facts.kind == ManifestKind::Procfile {
        return procfile(content, facts);
    }
    if path.ends_with(".buildpacks") {
        return Ok(()); // Addresses of buildpacks, one on each line: that it is there says enough.
    }
    let (root, broken) = document(path, content);
    match facts.kind {
        ManifestKind::Vercel => vercel::read(&root, facts),
        ManifestKind::Netlify => netlify::read(&root, facts),
        ManifestKind::Fly => fly::read(&root, facts),
        ManifestKind::Render => render::read(&root, facts),
        ManifestKind::Railway => railway::read(&root, facts),
        ManifestKind::Heroku => heroku::read(&root, facts),
        ManifestKind::Firebase => firebase::read(&root, facts),
        ManifestKind::AzureFunctions => azure::read(path, &root, facts),
        ManifestKind::Supabase => supabase::read(&root, facts),
        ManifestKind::AppEngine => app_engine(&root, facts),
        _ => command("app", root.get("app"), facts),
    }
    ended(broken)
}

/// `web: gunicorn shop.wsgi`
fn procfile(content: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let mut start = 0;
    let mut broken = None;
    for row in content.split_inclusive('\n') {
        let span = Span::new(start, start + row.trim_end().len());
        start += row.len();
        let row = row.trim_start_matches('\u{feff}').trim();
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        match row.split_once(':').filter(|(name, _)| !name.is_empty() && name.chars().all(is_name)) {
            Some((name, line)) => {
                facts.commands.push(Command { name: name.to_owned(), line: line.trim().to_owned(), span });
            }
            None if broken.is_none() => {
                broken = Some(Broken { message: "not a process of a Procfile".to_owned(), span: Some(span) });
            }
            None => {}
        }
    }
    ended(broken)
}

/// `app.yaml`
fn app_engine(root: &super::Node, facts: &mut ManifestFacts) {
    facts.name = text(root, "service").or_else(|| text(root, "module"));
    command("entrypoint", root.get("entrypoint").map(|it| it.get("shell").unwrap_or(it)), facts);
    let Some(runtime) = root.get("runtime") else { return };
    let said = runtime.text().unwrap_or_default();
    runs(said, runtime.span, facts);
    if let Some(version) = root.at(&["runtime_config", "runtime_version"]) {
        runs(&format!("{said}{}", version.text().unwrap_or_default()), version.span, facts);
    }
    let mut attributes = super::attributes(root, &["runtime", "env", "instance_class"]);
    for scaling in ["automatic_scaling", "basic_scaling", "manual_scaling"] {
        let keys = ["min_instances", "max_instances", "min_num_instances", "max_num_instances", "instances"];
        attributes.extend(root.get(scaling).map(|node| super::attributes(node, &keys)).unwrap_or_default());
    }
    let name = facts.name.as_deref().unwrap_or("default");
    facts.resources.push(resource("service", name, attributes, runtime.span));
}
