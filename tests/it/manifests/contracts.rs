//! Descriptions of interfaces and of data: texts to facts.

use super::facts;
use backlint::manifests::{self, ContractKind, GraphField, ManifestFacts};

/// "kind version operations types relations subscriptions"
fn contract(facts: &ManifestFacts) -> String {
    let Some(contract) = &facts.contract else { return "none".to_owned() };
    let version = contract.version.as_deref().unwrap_or("-");
    let counts = [contract.operations, contract.types, contract.relations, contract.subscriptions];
    format!("{:?} {version} {counts:?}", contract.kind)
}

fn includes(facts: &ManifestFacts) -> Vec<&str> {
    facts.includes.iter().map(|reference| reference.path.as_str()).collect()
}

/// "owner.name: of", a list in brackets
fn graph(fields: &[GraphField]) -> Vec<String> {
    let listed = |field: &GraphField| if field.listed { format!("[{}]", field.of) } else { field.of.clone() };
    fields.iter().map(|field| format!("{}.{}: {}", field.owner, field.name, listed(field))).collect()
}

#[test]
fn fields_of_a_graph() {
    let text = "
interface Node @key(fields: \"id\") { id: ID! }
type User implements Node & Named @key(fields: \"id\") {
  orders(first: Int = 10, by: [Sort!]): [[Order!]!]! @deprecated
}
union Hit = | User | Order
enum Sort { DATE }
";
    let fields = facts("schema.graphql", text).graph;
    let wanted = ["Node.id: ID", "Node.: User", "Named.: User", "User.orders: [Order]", "Hit.: User", "Hit.: Order"];
    assert_eq!(graph(&fields), wanted);
    assert_eq!(manifests::graph(text), fields, "in a source it is the same");
    assert!(facts("users.graphql", "query { users { id } }").graph.is_empty());
    assert_eq!(graph(&manifests::graph("type Query { a: [Int]\n b(: X, union = { } c")), ["Query.a: [Int]"]);
}

#[test]
fn openapi() {
    let text = "
openapi: 3.1.0
info: { title: Shop }
paths:
  /orders:
    parameters: []
    get: { responses: { '200': { $ref: '#/components/responses/Orders' } } }
    post: {}
  /orders/{id}:
    $ref: './paths/order.yaml#/one'
components:
  responses:
    Orders: { content: { json: { schema: { $ref: '#/components/schemas/Order' } } } }
  schemas:
    Order:
      properties:
        customer: { $ref: '#/components/schemas/Customer' }
        lines: { type: array, items: { $ref: 'shared.yaml#/Line' } }
        extra: { $ref: 'shared.yaml#/Extra' }
        far: { $ref: 'https://example.com/x.json' }
    Customer: { properties: { orders: { items: { $ref: '#/components/schemas/Order' } } } }
";
    let api = facts("docs/api.yaml", text);
    assert!(api.problems.is_empty(), "{:?}", api.problems);
    assert_eq!(contract(&api), "OpenApi 3.1.0 [2, 2, 2, 0]");
    assert_eq!(includes(&api), ["shared.yaml", "./paths/order.yaml"]);

    let text = r##"{ "swagger": "2.0", "paths": { "/a": { "get": {}, "x-note": {} } },
        "definitions": { "A": { "properties": { "a": { "$ref": "#/definitions/A" } } } } }"##;
    assert_eq!(contract(&facts("swagger.json", text)), "OpenApi 2.0 [1, 1, 1, 0]");
    let broken = facts("api.yaml", "openapi: 3.0.0\npaths:\n  /a: { get: {} }\n  /b: [\n");
    assert_eq!(broken.problems.len(), 1);
    assert_eq!(contract(&broken), "OpenApi 3.0.0 [1, 0, 0, 0]");
    assert_eq!(facts("api.json", "{ \"openapi\": \"3.0.0\", \"paths\": ").problems.len(), 1);
}

#[test]
fn asyncapi() {
    let text = "asyncapi: 2.6.0\nchannels:\n  orders: { publish: {}, subscribe: {} }\n  bills: { publish: {} }\n\
                components: { messages: { Paid: {}, Sent: {} } }\n";
    assert_eq!(contract(&facts("events.yaml", text)), "AsyncApi 2.6.0 [3, 2, 0, 0]");
    let text = "asyncapi: 3.0.0\nchannels: { orders: {} }\noperations: { send: {}, receive: {} }\n";
    assert_eq!(contract(&facts("events.yaml", text)), "AsyncApi 3.0.0 [2, 0, 0, 0]");
}

#[test]
fn graphql() {
    let text = r#"
# type Gone { a: Int }
scalar Date
"""
A shop: type Gone { a: Int }
"""
type Query {
  "one order" order(id: ID!, filter: Filter = { paid: true }): Order @auth(rule: { id: 1 })
  orders(first: Int = 10): OrderConnection!
  type: String
}
extend type Mutation { place(lines: [LineInput!]!): PlacePayload }
type Subscription { placed: Order }
enum State { OPEN CLOSED }
input LineInput { product: ID! }
interface Node { id: ID! }
union Item = Order | Line
type Order implements Node & Other @key(fields: "id") {
  id: ID!
  at: Date
  state: State
  lines: [Line!]!
  any: Item
}
type Line { order: Order, product: String }
type OrderConnection { edges: [OrderEdge!]!, pageInfo: PageInfo! }
type OrderEdge { node: Order }
type PageInfo { next: Boolean }
type PlacePayload { order: Order }
extend type Line { note: String }
"#;
    let schema = facts("schema.graphql", text);
    assert!(schema.problems.is_empty(), "{:?}", schema.problems);
    assert_eq!(contract(&schema), "GraphQl - [4, 2, 3, 1]");
    assert_eq!((schema.resources[0].kind.as_str(), schema.resources[0].name.as_str()), ("graphql-federation", "key"));

    let text = "schema { query: Root }\ntype Root { users: UserQuery, a: Int }\ntype UserQuery { one: User, all: [User] }\n\
                type User { id: ID }\n";
    assert_eq!(contract(&facts("schema.gql", text)), "GraphQl - [3, 1, 0, 0]");

    for client in [
        "query Orders($id: ID!) { order(id: $id) { type schema input } }",
        "fragment F on Order { id }\nmutation { type }\nsubscription S { a }",
        "{ orders { id } }",
        "",
    ] {
        assert_eq!(contract(&facts("web/orders.graphql", client)), "none", "{client}");
    }
    let broken = facts("schema.graphql", "type Query {\n  a: Int\n");
    assert_eq!(broken.problems[0].message, "`{` is not closed");
    assert_eq!(broken.problems[0].span.map(|span| span.start), Some(11));
    assert_eq!(contract(&broken), "GraphQl - [1, 0, 0, 0]");
}

#[test]
fn proto() {
    let text = r#"
syntax = "proto3"; // service Gone {}
package shop.orders.v1;
import "google/api/annotations.proto";
import public "shop/money.proto";
option go_package = "shop/orders";
service Orders {
  rpc Place(PlaceRequest) returns (Order) {
    option (google.api.http) = { post: "/v1/orders" body: "*" };
  }
  rpc Watch(stream WatchRequest) returns (stream Order);
}
message Order {
  message Line { string product = 1; }
  enum State { OPEN = 0; }
  repeated Line lines = 1;
  map<string, Order> others = 2;
  oneof kind { shop.orders.v1.WatchRequest watch = 3; string name = 4; }
  optional State state = 5;
  string rpc = 6;
}
message PlaceRequest { Order order = 1; }
message WatchRequest {}
"#;
    let orders = facts("proto/orders.proto", text);
    assert!(orders.problems.is_empty(), "{:?}", orders.problems);
    assert_eq!(contract(&orders), "Proto proto3 [2, 4, 4, 0]");
    assert_eq!(orders.name.as_deref(), Some("shop.orders.v1"));
    assert_eq!(includes(&orders), ["google/api/annotations.proto", "shop/money.proto"]);
    assert_eq!(contract(&facts("a.proto", "syntax = \"proto3\";\n")), "none");
    assert_eq!(facts("a.proto", "message A { string a = 1; )").problems.len(), 1);
}

#[test]
fn prisma() {
    let text = r#"
// datasource gone { provider = "mysql" }
datasource db {
  provider     = "postgresql"
  url          = env("DATABASE_URL")
  relationMode = "prisma"
}
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["fullTextSearch", "views"]
  output          = "../generated"
}
model User {
  id       Int    @id @default(autoincrement())
  provider String @default("none")
}
"#;
    let schema = facts("prisma/schema.prisma", text);
    assert!(schema.problems.is_empty(), "{:?}", schema.problems);
    let shown: Vec<String> = schema
        .resources
        .iter()
        .map(|resource| {
            let attributes: Vec<String> =
                resource.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("{} {}: {}", resource.kind, resource.name, attributes.join(" "))
        })
        .collect();
    let expected = [
        "prisma-datasource db: engine=postgresql url=${DATABASE_URL} relationMode=prisma",
        "prisma-generator client: provider=prisma-client-js previewFeatures=fullTextSearch previewFeatures=views \
         output=../generated",
    ];
    assert_eq!(shown, expected);
    assert_eq!(facts("schema.prisma", "datasource db {\n  provider = \"sqlite\"\n").problems.len(), 1);
}

/// Each of these takes long only for a reader that takes the square of it, and none may end the process.
#[test]
fn hostile_ones_end() {
    let units = [
        "{",
        "}",
        "(",
        ")",
        "[{",
        "({[",
        "type ",
        "type A ",
        "type\n",
        "type A\n",
        "type A{",
        "type Query{a:Query}",
        "extend ",
        "a:",
        "a.\n",
        "@a(",
        "\"\"\"",
        "\"",
        "'",
        "/*",
        "map<",
        "message A{",
        "message\n",
        "package\n",
        "rpc ",
        "import ",
        "service A{rpc B(C)",
        "datasource db{",
        "datasource db{provider=",
        "url=[",
        "env(",
        "é",
    ];
    for unit in units {
        for path in ["a.graphql", "a.proto", "a.prisma"] {
            let text = unit.repeat(100_000 / unit.len());
            assert!(facts(path, &text).problems.len() <= 1, "{path} {unit}");
        }
    }
    for (path, text) in [
        ("a.json", format!("{{\"openapi\":\"3\",\"paths\":{}", "{\"a\":".repeat(100_000))),
        ("a.json", format!("{{\"openapi\":\"3\",\"paths\":{}", "[".repeat(100_000))),
        ("a.yaml", format!("openapi: '3'\npaths: {}", "[".repeat(100_000))),
        ("a.yaml", format!("asyncapi: '3'\nchannels: {}", "{a: ".repeat(100_000))),
        ("a.yaml", format!("openapi: '3'\npaths: \"{}", "a ".repeat(500_000))),
    ] {
        let facts = manifests::facts(path, &text).expect("its head is that of a contract");
        assert_eq!(facts.problems.len(), 1, "{path} {}", &text[..40]);
    }
}

#[test]
fn a_version_behind_the_components_is_seen() {
    let schemas = r#""S": { "type": "object" },"#.repeat(400);
    let text = format!(
        r#"{{ "components": {{ "schemas": {{ {schemas} "T": {{}} }} }}, "openapi": "3.0.3", "paths": {{ "/a": {{ "get": {{}} }} }} }}"#
    );
    let facts = facts("docs/interface.json", &text);
    assert_eq!(facts.contract.map(|contract| (contract.kind, contract.operations)), Some((ContractKind::OpenApi, 1)));
}

#[test]
fn a_large_contract_is_counted_by_line() {
    let mut text = "openapi: 3.0.3\npaths:\n".to_owned();
    for index in 0..30_000 {
        text += &format!("  /orders/{index}:\n    get:\n      operationId: order{index}\n");
    }
    assert!(text.len() > 1 << 20);
    assert_eq!(contract(&facts("api.yaml", &text)), "OpenApi 3.0.3 [30000, 0, 0, 0]");
    let json = format!("{{\"openapi\":\"3.1.0\",\"paths\":{{}},\"info\":\"{}\"}}", "x".repeat(1 << 20));
    assert_eq!(contract(&facts("api.json", &json)), "OpenApi 3.1.0 [0, 0, 0, 0]");
}
