//! Templates of SAM and CloudFormation to facts: every resource, and what is behind the functions and databases.
//!
//! Defaults of parameters are put in; what other intrinsics compute is not known.

use rustc_hash::FxHashMap;

use super::tree::{Entry, Node};
use super::{LONGEST_SHARED, add_trigger, document, ended, entries, resource, runs, shared};
use crate::manifests::{
    Broken, CloudFunction, Container, ContainerKind, ManifestFacts, Part, Reference, Trigger, Version,
};

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let (root, broken) = document(path, text);
    let template = Template::of(&root);
    if let Some(runtime) = root.at(&["Globals", "Function", "Runtime"]) {
        template.runs(runtime, facts);
    }
    template.declare(&root, facts);
    let mut broken_at = broken.as_ref().and_then(|broken| broken.span);
    for _ in 0..MOST_BREAKS {
        let Some(rest) = broken_at.and_then(|span| behind(&root, text, span.start as usize)) else { break };
        let (root, again) = document(path, &rest);
        template.declare(&root, facts);
        broken_at = again.and_then(|broken| broken.span);
    }
    ended(broken)
}

/// Resources that are skipped because they are not YAML.
const MOST_BREAKS: usize = 4;

/// The resources behind one that broke, at the same places. Other readers of YAML are laxer with JSON inside of it.
fn behind(root: &Node, text: &str, broken_at: usize) -> Option<String> {
    let first = entries(root, &["Resources"]).first()?.key_span.start as usize;
    let line_start = text[..first].rfind('\n')? + 1;
    let indent = &text[line_start..first];
    let is_key =
        |line: &str| line.strip_prefix(indent).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
    let mut start = broken_at + text.get(broken_at..)?.find('\n')? + 1;
    for line in text[start..].split_inclusive('\n') {
        if is_key(line) && line.trim_end().ends_with(':') {
            const HEAD: &str = "Resources:";
            let gap = "\n".repeat(start.checked_sub(HEAD.len())?);
            return Some([HEAD, &gap, &text[start..]].concat());
        }
        start += line.len();
    }
    None
}

/// What a template inside of another format declares.
pub(super) fn resources(root: &Node, facts: &mut ManifestFacts) {
    Template::of(root).declare(root, facts);
}

/// What rules ask of a resource.
const ATTRIBUTES: &[&str] = &[
    "Engine",
    "EngineVersion",
    "EngineMode",
    "EngineFamily",
    "MajorEngineVersion",
    "DBInstanceClass",
    "CacheNodeType",
    "NumCacheNodes",
    "NumCacheClusters",
    "MultiAZ",
    "InstanceType",
    "DesiredCount",
    "MinCapacity",
    "MaxCapacity",
    "LaunchType",
    "BillingMode",
    "PackageType",
    "Runtime",
    "Handler",
    "ProtocolType",
    "ScheduleExpression",
];

struct Template<'n> {
    /// Defaults of parameters.
    defaults: FxHashMap<&'n str, &'n str>,
    /// What every function has unless it says otherwise.
    globals: Option<&'n Node>,
}

impl<'n> Template<'n> {
    fn of(root: &'n Node) -> Self {
        let parameters = entries(root, &["Parameters"]).iter();
        let defaults = parameters.filter_map(|it| Some((it.key.as_str(), it.value.text_of("Default")?)));
        Self {
            defaults: defaults.filter(|(_, text)| text.len() <= LONGEST_SHARED).collect(),
            globals: shared(root.at(&["Globals", "Function"])),
        }
    }

    fn declare(&self, root: &Node, facts: &mut ManifestFacts) {
        let declared = entries(root, &["Resources"]);
        let known = facts.functions.len();
        for entry in declared {
            let Some(kind) = entry.value.text_of("Type") else { continue };
            self.resource(kind, entry, facts);
            match kind {
                "AWS::Serverless::Function" => self.function(entry, self.globals, facts),
                "AWS::Lambda::Function" => self.function(entry, None, facts),
                "AWS::ECS::TaskDefinition" => self.task(&entry.value, facts),
                _ => {}
            }
        }
        let mut functions: Vec<&mut CloudFunction> = facts.functions.iter_mut().skip(known).collect();
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in declared {
            let (kind, properties) = (entry.value.text_of("Type"), entry.value.get("Properties"));
            if let (Some(kind), Some(properties)) = (kind, properties) {
                connect(kind, properties, &mut functions);
            }
        }
    }

    fn default(&self, name: &str) -> Option<&'n str> {
        self.defaults.get(name).copied()
    }

    /// What a value says, as far as the template alone tells.
    fn text(&self, node: &Node) -> Option<String> {
        match intrinsic(node) {
            Some(("Ref", argument)) => self.default(argument.text()?).map(str::to_owned),
            Some(("Sub", argument)) => {
                let pattern = argument.text().or_else(|| argument.items().first()?.text())?;
                Some(substituted(pattern, |name| self.default(name)))
            }
            Some(_) => None,
            None => node.text().map(str::to_owned),
        }
    }

    fn text_of(&self, node: &Node, key: &str) -> Option<String> {
        self.text(node.get(key)?)
    }

    fn runs(&self, runtime: &Node, facts: &mut ManifestFacts) {
        if let Some(text) = self.text(runtime) {
            runs(&text, runtime.span, facts);
        }
    }

    fn resource(&self, kind: &str, entry: &Entry, facts: &mut ManifestFacts) {
        let properties = entry.value.get("Properties");
        let mut attributes: Vec<(String, String)> =
            ATTRIBUTES.iter().filter_map(|key| Some(((*key).to_owned(), self.text_of(properties?, key)?))).collect();
        let method = entry.value.at(&["Metadata", "BuildMethod"]).and_then(Node::text);
        attributes.extend(method.map(|method| ("BuildMethod".to_owned(), method.to_owned())));
        if let Some(properties) = properties {
            self.engine(kind, properties, facts);
            let nested = properties.get("TemplateURL").or_else(|| properties.get("Location"));
            if let Some(path) = nested.filter(|_| is_stack(kind)).and_then(Node::text)
                && is_local(path)
            {
                facts
                    .includes
                    .push(Reference { path: path.to_owned(), span: nested.map_or(entry.key_span, |it| it.span) });
            }
        }
        facts.resources.push(resource(kind, &entry.key, attributes, entry.key_span));
    }

    /// Which database or cache it is.
    fn engine(&self, kind: &str, properties: &Node, facts: &mut ManifestFacts) {
        let written = ["EngineVersion", "MajorEngineVersion", "ElasticsearchVersion"];
        let Some(written) = written.iter().find_map(|key| properties.get(key)) else { return };
        let Some(value) = self.text(written) else { return };
        let of = self.text_of(properties, "Engine").or_else(|| {
            let service = kind.split("::").nth(1)?;
            let known = ["DocDB", "Neptune", "Elasticsearch", "MemoryDB"].contains(&service);
            known.then(|| service.to_lowercase())
        });
        // `OpenSearch_2.11` says both.
        let (of, value) = match (of, value.split_once('_')) {
            (Some(of), _) => (of, value),
            (None, Some((of, value))) => (of.to_lowercase(), value.to_owned()),
            (None, None) => return,
        };
        facts.versions.push(Version { of, value, part: Part::Production, span: written.span });
    }

    fn function(&self, entry: &Entry, globals: Option<&Node>, facts: &mut ManifestFacts) {
        let Some(properties) = entry.value.get("Properties") else { return };
        let given = |key: &str| properties.get(key).or_else(|| globals?.get(key));
        let own = |key: &str| self.text(properties.get(key)?);
        let global = |key: &str| self.text(globals?.get(key)?).filter(|text| text.len() <= LONGEST_SHARED);
        let text = |key: &str| own(key).or_else(|| global(key));
        let number = |key: &str| text(key)?.trim().parse().ok();
        let place = self.place(given("CodeUri").or_else(|| given("Code")), given("InlineCode"));
        let is_image = text("PackageType").as_deref() == Some("Image") || given("ImageUri").is_some();
        let (code, handler) = match place {
            _ if is_image => (None, None),
            Place::Folder(code) => (code, text("Handler")),
            Place::Elsewhere => (None, None),
        };
        if is_image {
            self.image(entry, properties, facts);
        }
        if let Some(runtime) = properties.get("Runtime") {
            self.runs(runtime, facts);
        }
        let built = entry.value.at(&["Metadata", "BuildProperties", "EntryPoints"]);
        let source = built.and_then(|listed| listed.texts().next()).map(|file| match &code {
            Some(folder) => format!("{}/{file}", folder.trim_end_matches('/')),
            None => file.to_owned(),
        });
        let snapshots = given("SnapStart").filter(|it| it.text_of("ApplyOn").is_some_and(|on| on != "None"));
        facts.resources.extend(snapshots.map(|it| resource("SnapStart", &entry.key, Vec::new(), it.span)));
        let mut function = CloudFunction {
            name: entry.key.clone(),
            handler,
            runtime: text("Runtime"),
            code,
            source,
            memory: number("MemorySize"),
            timeout: number("Timeout"),
            triggers: Vec::new(),
            warm: snapshots.is_some() || given("ProvisionedConcurrencyConfig").is_some(),
            span: entry.key_span,
        };
        for event in entries(properties, &["Events"]) {
            let kind = event.value.text_of("Type").unwrap_or_default();
            add_trigger(&mut function, event_trigger(kind));
        }
        if given("FunctionUrlConfig").is_some() {
            add_trigger(&mut function, Trigger::Http);
        }
        facts.functions.push(function);
    }

    /// Where the code of a function lies.
    fn place(&self, code: Option<&Node>, inline: Option<&Node>) -> Place {
        match code {
            _ if inline.is_some() => Place::Elsewhere,
            None => Place::Folder(None),
            Some(code) => match self.text(code) {
                Some(path) if is_local(&path) => Place::Folder(Some(path)),
                _ => Place::Elsewhere,
            },
        }
    }

    fn image(&self, entry: &Entry, properties: &Node, facts: &mut ManifestFacts) {
        let metadata = |key: &str| entry.value.at(&["Metadata", key]).and_then(Node::text).map(str::to_owned);
        let command = properties.at(&["ImageConfig", "Command"]);
        let image = properties.get("ImageUri").or_else(|| properties.at(&["Code", "ImageUri"]));
        facts.containers.push(Container {
            name: entry.key.clone(),
            kind: ContainerKind::Platform,
            image: image.and_then(|image| self.text(image)),
            build: metadata("DockerContext"),
            dockerfile: metadata("Dockerfile"),
            command: command.map(|words| words.texts().collect::<Vec<_>>().join(" ")),
            environment: self.environment(properties.at(&["Environment", "Variables"])),
            span: entry.key_span,
            ..Container::default()
        });
    }

    fn environment(&self, variables: Option<&Node>) -> Vec<(String, String)> {
        let variables = variables.map(Node::entries).unwrap_or_default();
        variables.iter().filter_map(|row| Some((row.key.clone(), self.text(&row.value)?))).collect()
    }

    /// The containers of a task.
    fn task(&self, task: &Node, facts: &mut ManifestFacts) {
        let containers = task.at(&["Properties", "ContainerDefinitions"]).map(Node::items).unwrap_or_default();
        for container in containers {
            let variables = container.get("Environment").map(Node::items).unwrap_or_default();
            let command = container.get("Command").map(|words| words.texts().collect::<Vec<_>>().join(" "));
            facts.containers.push(Container {
                name: self.text_of(container, "Name").unwrap_or_default(),
                kind: ContainerKind::Platform,
                image: self.text_of(container, "Image"),
                command,
                environment: variables
                    .iter()
                    .filter_map(|row| Some((self.text_of(row, "Name")?, self.text_of(row, "Value")?)))
                    .collect(),
                span: container.span,
                ..Container::default()
            });
        }
    }
}

enum Place {
    /// In the repository; without a path, beside the template.
    Folder(Option<String>),
    /// Within the template, in a bucket, or wherever an intrinsic says.
    Elsewhere,
}

fn is_local(path: &str) -> bool {
    !path.contains("://") && !path.contains("${") && !path.is_empty()
}

fn is_stack(kind: &str) -> bool {
    matches!(kind, "AWS::CloudFormation::Stack" | "AWS::Serverless::Application")
}

/// `!Ref X`, `{"Ref": "X"}`, `Fn::GetAtt: [X, Arn]`: the name and the argument.
fn intrinsic(node: &Node) -> Option<(&str, &Node)> {
    if let Some(tag) = &node.tag {
        return Some((tag, node));
    }
    let [entry] = node.entries() else { return None };
    match entry.key.strip_prefix("Fn::") {
        Some(name) => Some((name, &entry.value)),
        None => (entry.key == "Ref").then_some(("Ref", &entry.value)),
    }
}

/// Puts defaults where `${Name}` stands.
fn substituted<'n>(pattern: &str, default: impl Fn(&str) -> Option<&'n str>) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        text += before;
        match default(name) {
            Some(value) => text += value,
            None => text += &format!("${{{name}}}"),
        }
        rest = behind;
    }
    text + rest
}

/// The resource that `!Ref X`, `!GetAtt X.Arn` and `!Sub "${X.Arn}"` name.
fn referred(node: &Node) -> Option<&str> {
    let (name, argument) = intrinsic(node)?;
    let text = argument.text().or_else(|| argument.items().first()?.text())?;
    let text = if name == "Sub" { text.split_once("${")?.1.split('}').next()? } else { text };
    text.split('.').next()
}

fn event_trigger(kind: &str) -> Trigger {
    match kind {
        "Api" | "HttpApi" => Trigger::Http,
        "Schedule" | "ScheduleV2" => Trigger::Schedule,
        "SQS" | "SNS" | "MQ" => Trigger::Queue,
        "DynamoDB" | "Kinesis" | "MSK" | "SelfManagedKafka" | "DocumentDB" => Trigger::Stream,
        _ => Trigger::Other,
    }
}

/// What other resources say of a function: who calls it, and that it is kept warm. The functions are sorted by name.
fn connect(kind: &str, properties: &Node, functions: &mut [&mut CloudFunction]) {
    let mut call = |target: Option<&Node>, trigger: Option<Trigger>| {
        let Some(name) = target.and_then(referred) else { return };
        let Ok(at) = functions.binary_search_by(|function| function.name.as_str().cmp(name)) else { return };
        match trigger {
            Some(trigger) => add_trigger(functions[at], trigger),
            None => functions[at].warm = true,
        }
    };
    let called = properties.get("FunctionName");
    match kind {
        "AWS::Lambda::EventSourceMapping" => {
            let is_stream = properties.get("StartingPosition").is_some();
            call(called, Some(if is_stream { Trigger::Stream } else { Trigger::Queue }));
        }
        "AWS::Lambda::Url" => call(properties.get("TargetFunctionArn"), Some(Trigger::Http)),
        "AWS::Lambda::Permission" => {
            if let Some(trigger) = properties.text_of("Principal").and_then(caller) {
                call(called, Some(trigger));
            }
        }
        "AWS::Events::Rule" => {
            let is_timed = properties.get("ScheduleExpression").is_some();
            let trigger = if is_timed { Trigger::Schedule } else { Trigger::Other };
            for target in properties.get("Targets").map(Node::items).unwrap_or_default() {
                call(target.get("Arn"), Some(trigger));
            }
        }
        "AWS::Scheduler::Schedule" => call(properties.at(&["Target", "Arn"]), Some(Trigger::Schedule)),
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" if properties.get("ProvisionedConcurrencyConfig").is_some() => {
            call(called, None);
        }
        _ => {}
    }
}

/// What a service that may call a function calls it for. A rule of events says more itself.
pub(super) fn caller(principal: &str) -> Option<Trigger> {
    match principal.split('.').next()? {
        "apigateway" | "elasticloadbalancing" => Some(Trigger::Http),
        "sns" => Some(Trigger::Queue),
        "events" | "scheduler" => None,
        _ => Some(Trigger::Other),
    }
}
