//! The vocabulary the rest of the house speaks: what one source file says, in words that fit every language.
//!
//! Languages turn text into these facts, the model joins them; facts do not know other files, libraries or
//! syntax. They own their strings, hold byte spans and point at each other by index, so they can be kept and
//! sent between threads. A fact is here because a rule needs it, not because a grammar has it. The file is long because
//! it is one vocabulary, and read as one.
//!
//! Five words are the same in every language: the object a method runs on is `self` (`this`, a Go receiver), its class
//! is `Self` (`cls`), a constructor is called `new` (`constructor`, `__init__`, `fn new`), a sequence type is `[]` (`T[]`,
//! `list[T]`, `[]T`, `Vec<T>`) and a type that may be absent is `?` (`T | null`, `T | None`, `Option<T>`).
//! References, pointers and mutability are dropped.

use ustr::Ustr;

/// An interned string: comparing two is comparing two pointers.
pub type Name = Ustr;

/// A half-open range of bytes in the file's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A file of the repository: its position among all that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            pub fn get(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// Position in [`FileFacts::functions`].
    FunctionIndex
    /// Position in [`FileFacts::types`].
    TypeIndex
    /// Position in [`FileFacts::calls`].
    CallIndex
    /// Position in [`FileFacts::loops`].
    LoopIndex
    /// Position in [`FileFacts::branches`].
    BranchIndex
}

impl FunctionIndex {
    /// The code of a file that stands outside every function.
    pub const FILE: Self = Self(0);
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// TypeScript, TSX, JavaScript and JSX.
    TypeScript,
    Python,
    Go,
    Rust,
}

/// Everything backlint knows of one source file.
#[derive(Clone, Debug)]
pub struct FileFacts {
    pub language: Language,
    pub imports: Vec<Import>,
    /// The first is the file itself: code outside every function belongs to it.
    pub functions: Vec<Function>,
    pub types: Vec<Type>,
    /// In source order of their ends: the receiver and the arguments of a call come before the call.
    pub calls: Vec<Call>,
    pub loops: Vec<Loop>,
    pub branches: Vec<Branch>,
    pub bindings: Vec<Binding>,
    /// Only where code repeats, and only in the languages whose rows load what is read from them.
    pub reads: Vec<Read>,
    /// Only those addressed to backlint.
    pub comments: Vec<Comment>,
    /// Where the text could not be understood; the rest of the file still gave facts.
    pub gaps: Vec<Gap>,
}

/// A name brought in from elsewhere.
///
/// `import { PrismaClient as P } from "@prisma/client"` · `from app.models import Order as P`
#[derive(Clone, Debug)]
pub struct Import {
    /// As written: `@prisma/client`, `./db`, `app.models`, `..models`, `gorm.io/gorm`, `crate::models`.
    pub module: Name,
    /// The imported symbol; `*` for all of them, `default` for a default export, none for the module itself.
    pub symbol: Option<Name>,
    /// What it is called here.
    pub alias: Name,
    /// Offered to importers of this file as well: `export { x } from "./y"` · `pub use crate::y::x`
    pub reexport: bool,
    /// Not there when the product runs: `import type` · under `if TYPE_CHECKING:` · under `#[cfg(test)]`
    pub type_only: bool,
    pub span: Span,
}

/// A function, method, or function literal, and the code that belongs to it directly.
///
/// `export async function report(users: User[])` · `async def report(users: list[User])`
#[derive(Clone, Debug)]
pub struct Function {
    /// Empty for literals and for the file itself; `new` for constructors.
    pub name: Name,
    pub kind: FunctionKind,
    /// The type it is a method of: `UserService` · Go's receiver type · Rust's `impl` type
    pub owner: Option<Name>,
    /// The function it stands in.
    pub parent: Option<FunctionIndex>,
    /// For a literal that is an argument: the call it is handed to. `db.transaction(async (tx) => ..)`
    pub passed_to: Option<CallIndex>,
    /// The innermost loop and branch around its head, in the function it stands in.
    pub each: Option<LoopIndex>,
    pub branch: Option<BranchIndex>,
    /// Without the receiver (`self`, `this`).
    pub params: Vec<Param>,
    /// The declared type of what it returns; for an async function the awaited type.
    pub returns: Option<TypeRef>,
    /// What its `return` statements (or its expression body) give, in order.
    pub returned: Vec<Value>,
    /// `@Get("users")` · `@app.get("/users")` · `#[get("/users")]`; in Rust also those of its `impl` block.
    pub decorators: Vec<Decorator>,
    pub is_async: bool,
    /// Visible outside its file: `export`, `pub`, Go's capital, no leading underscore in Python.
    pub exported: bool,
    /// Compiled for tests alone: `#[test]` and functions in a `#[cfg(test)]` module.
    pub test: bool,
    /// From its first decorator or word to the end of its body.
    pub span: Span,
    /// Its head: name and parameters, without decorators and body.
    pub head: Span,
}

/// How a function came by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// The file itself.
    File,
    /// `function f() {}` · `def f():`, and literals bound to a name: `const f = () => ..` · `f := func() {}`
    Named,
    /// Has an owner.
    Method,
    /// Computed on reading an attribute: `get total() {}` · `@property`
    Getter,
    /// `(x) => ..` · `lambda x: ..` · `func(x T) {..}` · `|x| ..`
    Literal,
}

/// `db: PrismaClient = prisma` · `db: Session = Depends(get_db)`
#[derive(Clone, Debug)]
pub struct Param {
    /// For a destructured parameter each name is a `Param` of its own.
    pub name: Name,
    /// The property it is taken from when destructured: `{ db }: Context`
    pub property: Option<Name>,
    pub declared: Option<TypeRef>,
    pub default: Option<Value>,
    /// `@Body() body: Dto` · none in the other languages
    pub decorators: Vec<Decorator>,
    /// Also a field of the owner: `constructor(private readonly db: Db)`
    pub field: bool,
}

/// A type as written, without references and mutability.
///
/// `Repository<User>` → `Repository` of `User` · `list[User]` → `[]` of `User` · `*sql.DB` → `sql.DB`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRef {
    /// `["sql", "DB"]`; a union is `|` of its members.
    pub path: Box<[Name]>,
    pub arguments: Box<[TypeRef]>,
}

/// A class, struct, interface, trait or enum.
///
/// `class Order extends Model { user: User }` · `class Order(models.Model): user = ForeignKey(User)`
#[derive(Clone, Debug)]
pub struct Type {
    pub name: Name,
    pub kind: TypeKind,
    /// What it extends, implements, embeds, or derives from: `Model` · `models.Model` · Go's embedded `gorm.Model` · `impl Repo for X`
    pub bases: Vec<TypeRef>,
    pub fields: Vec<Field>,
    /// For interfaces and abstract classes: the methods they ask for.
    pub methods: Vec<Signature>,
    /// `@Entity()` · `@dataclass` · `#[derive(Queryable)]`
    pub decorators: Vec<Decorator>,
    pub exported: bool,
    pub test: bool,
    pub span: Span,
    pub head: Span,
}

/// What sort of type was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Class,
    Struct,
    /// Interface, trait, protocol.
    Interface,
    Enum,
    /// A new name for another type, which is its only base: `type Repo = Repository<User>` · `type Pool = sqlx.Pool`
    Alias,
}

/// A method without a body.
///
/// `find(id: string): Promise<Order>` · `Find(id int64) (*Order, error)` · `async fn find(&self, id: i64) -> Result<Order>;`
#[derive(Clone, Debug)]
pub struct Signature {
    pub name: Name,
    /// The declared type of what it returns.
    pub returns: Option<TypeRef>,
}

/// `private readonly db: Db = new Db()` · `author = ForeignKey(User)` · `ID int \`json:"id"\``
#[derive(Clone, Debug)]
pub struct Field {
    pub name: Name,
    pub declared: Option<TypeRef>,
    pub value: Option<Value>,
    /// `@ManyToOne(() => User)`; a Go struct tag is a decorator per key: `json("id")`.
    pub decorators: Vec<Decorator>,
    pub span: Span,
}

/// `@Get("users")` · `@app.get("/users")` · `#[derive(Serialize)]` → `derive` with `Serialize`
#[derive(Clone, Debug)]
pub struct Decorator {
    pub path: Box<[Name]>,
    pub arguments: Box<[Argument]>,
    pub span: Span,
}

/// A call and what it was called on.
///
/// `db.order.findMany({ where })` · `Order.objects.filter(user=user)`
#[derive(Clone, Debug)]
pub struct Call {
    /// From the outermost receiver to the called name: `["db", "order", "findMany"]`. Names of calls on the way are
    /// in it: `select(User).where(x).first()` is `["select", "where", "first"]`. A subscript is `[]`, a receiver
    /// that has no name is empty. `await`, `?`, `!`, casts, parentheses, `&` and `*` leave no trace.
    pub chain: Box<[Name]>,
    /// The call on whose result it is called: of `.first()` above, `.where(x)`.
    pub receiver: Option<CallIndex>,
    /// The call made on its result: of `.where(x)` above, `.first()`.
    pub continued: Option<CallIndex>,
    pub arguments: Box<[Argument]>,
    /// The types it is called with: `get<User>(id)` · `Get[User](id)` · `get::<User>(id)`
    pub types: Box<[TypeRef]>,
    /// Makes a value of a type: `new Pool()` · Go's `Pool{}` · Rust's `Pool {}`
    pub constructs: bool,
    /// `await f()` · `f().await`
    pub awaited: bool,
    /// Not waited for: `go f()`; a call that starts a task has the spawned call among its arguments.
    pub spawned: bool,
    /// Runs when the function ends: Go's `defer f()`
    pub deferred: bool,
    pub usage: Usage,
    /// The function whose code it is.
    pub function: FunctionIndex,
    /// The innermost loop whose body contains it: in its function, or the one whose callback its function is. What a
    /// loop iterates is not in its body; the condition of a `while` is.
    pub each: Option<LoopIndex>,
    /// The innermost branch that contains it, inside that loop.
    pub branch: Option<BranchIndex>,
    /// From the chain's first to the call's last byte.
    pub span: Span,
    /// The called name alone.
    pub name_span: Span,
}

/// What becomes of the value of a call, as far as its parent expression shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A statement of its own.
    Dropped,
    /// Bound to a name, returned, compared, put in an object: used in some other way.
    Used,
    /// Also the element expression of a comprehension.
    Returned,
    /// An argument of this call.
    Argument(CallIndex),
    /// Iterated by this loop.
    Iterated(LoopIndex),
    /// Tested by a branch or a loop: `if exists():`
    Tested,
}

/// `limit: 10` in Python's `f(limit=10)`; `...rest` in `f(...rest)`
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: Option<Name>,
    pub spread: bool,
    pub value: Value,
}

/// An expression, as far as rules ask.
#[derive(Clone, Debug)]
pub enum Value {
    /// `user`, `user.id`, `self.db`; with `[]` for a subscript on the way: `rows[0].id`
    Path(Box<[Name]>),
    /// The result of a call, `await`ed or not; with the names read from it: `f().rows` is `f()` and `["rows"]`.
    Call(CallIndex, Box<[Name]>),
    /// `"text"`, without quotes.
    Text(Name),
    /// `` `SELECT ${x}` `` · `f"SELECT {x}"`: the text with `{}` for each value, and the values.
    Template(Name, Box<[Value]>),
    /// A number, boolean or null, as written; `true`, `false` and `null` in every language.
    Literal(Name),
    /// `{ where: { id } }` · `{"where": {"id": id}}`; the key of a spread is `...`, a computed key is `[]`.
    Object(Box<[(Name, Value)]>),
    /// An array, list, tuple or set.
    List(Box<[Value]>),
    Function(FunctionIndex),
    /// One element of a value: `rows[i]`, `[row] = rows`; the second is what it is found by.
    Element(Box<(Value, Value)>),
    /// The result of a loop that is an expression: a comprehension, or the value of an iteration callback.
    Each(LoopIndex),
    /// Any other expression: the values in it. A slice is its whole and an object of its ends, as far as they are
    /// written: `rows[:10]` is `rows` and `{ end: 10 }`.
    Other(Box<[Value]>),
}

/// Code that runs once per element, or again and again.
///
/// `for (const user of users) {..}` · `for user in users:` · `users.map((user) => ..)` · `[f(user) for user in users]`
#[derive(Clone, Debug)]
pub struct Loop {
    pub kind: LoopKind,
    pub form: LoopForm,
    /// What is iterated; the condition of `while`; the bound of a counting loop.
    pub over: Option<Value>,
    /// The names the loop binds for each turn.
    pub binds: Box<[Name]>,
    pub function: FunctionIndex,
    /// The loop around it, in the same function.
    pub each: Option<LoopIndex>,
    pub branch: Option<BranchIndex>,
    /// For a callback: the call that iterates.
    pub call: Option<CallIndex>,
    /// For a callback: the literal that runs once per turn.
    pub body: Option<FunctionIndex>,
    /// For a comprehension: its element.
    pub gives: Option<Value>,
    /// The number of turns stands in the text: a literal list, `range(3)`, `0..20`.
    pub bounded: bool,
    /// A counting loop that moves by more than one: `i += size` · `range(0, n, size)`
    pub strides: bool,
    /// The next turn waits for the one before: `for await` · `async for`
    pub awaits: bool,
    /// Its body contains a `break` of this loop.
    pub breaks: bool,
    /// Its body contains a `return` of the function that the loop stands in.
    pub returns: bool,
    /// The body ends by leaving the loop: only what stands before a `continue` runs twice.
    pub ends: bool,
    /// The same without any `continue`: nothing runs twice.
    pub once: bool,
    /// The whole loop; the head is the part that is evaluated before or between the turns.
    pub span: Span,
    pub head: Span,
}

/// How often a loop turns, as far as its head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// Once per element of a collection or stream; also `for (i = 0; i < xs.length; i++)` and `range(len(xs))`, over `xs`.
    Each,
    /// A counter: `for (i = 0; i < 5; i++)` · `range(5)`
    Count,
    /// While a condition holds.
    While,
    /// `while (true)` · `loop` · `for {}`
    Endless,
}

/// What a loop looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopForm {
    Statement,
    /// `[f(x) for x in xs]`
    Comprehension,
    /// `xs.map((x) => f(x))` · `xs.iter().map(|x| f(x))`
    Callback,
}

/// Code that runs under a condition.
///
/// `if (!seen.has(id)) {..}` · `if id not in seen:`
#[derive(Clone, Debug)]
pub struct Branch {
    pub kind: BranchKind,
    /// What is tested: for an `else` branch that of its `if`; for a case the pattern.
    pub condition: Option<Value>,
    pub function: FunctionIndex,
    /// The branch and loop around it, in the same function.
    pub branch: Option<BranchIndex>,
    pub each: Option<LoopIndex>,
    /// How its code always ends.
    pub leaves: Option<Leave>,
    pub span: Span,
}

/// Why the code of a branch runs, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchKind {
    /// The condition holds.
    If,
    /// The condition holds, and it is a negation or an absence: `!x`, `x == null`, `x not in y`
    IfNot,
    Else,
    Case,
    /// The code whose errors are caught.
    Try,
    /// The code that runs after an error: `catch` · `except` · Go's `if err != nil`
    Catch,
}

/// How a block always ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    Return,
    /// `throw` · `raise` · `panic`
    Throw,
    Break,
    Continue,
}

/// A name that gets a value.
///
/// `const db = new Db()` · `db = Db()` · `self.db = db` · `with Session() as db:`
#[derive(Clone, Debug)]
pub struct Binding {
    /// `["db"]`, `["self", "db"]`; `["default"]` for a default export, `["exports"]` for what a CommonJS module gives.
    pub target: Box<[Name]>,
    pub declared: Option<TypeRef>,
    /// For `const { db } = ctx` the value is the path `ctx.db`.
    pub value: Value,
    pub function: FunctionIndex,
    pub each: Option<LoopIndex>,
    pub branch: Option<BranchIndex>,
    /// Makes the name: `const`, `let`, `:=`; in Python every assignment does.
    pub declares: bool,
    pub exported: bool,
    /// `x += y`: the value is what is added.
    pub augments: bool,
    pub span: Span,
}

/// Attributes read in a loop or a function literal, where no call is made on them: those are in the call's chain.
///
/// `order.customer.name` in `for order in orders:` · `await post.author` in `for (const post of posts)`
#[derive(Clone, Debug)]
pub struct Read {
    /// At least two names: `["order", "customer", "name"]`. What is assigned to is not read: of `order.customer.name = x`
    /// it is `["order", "customer"]`.
    pub path: Box<[Name]>,
    /// `await post.author` · what `async for` goes through
    pub awaited: bool,
    pub function: FunctionIndex,
    pub each: Option<LoopIndex>,
    pub branch: Option<BranchIndex>,
    pub span: Span,
}

/// A comment addressed to backlint: `// backlint: ignore[query-in-loop] -- three regions`
#[derive(Clone, Debug)]
pub struct Comment {
    /// Without the comment signs.
    pub text: Name,
    /// Nothing but the comment stands on its line.
    pub alone: bool,
    pub span: Span,
}

/// A place the language could not make facts of.
#[derive(Clone, Debug)]
pub struct Gap {
    pub kind: GapKind,
    pub span: Span,
}

/// Why there are no facts of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// The grammar did not understand it.
    Syntax,
    /// Nested deeper than lowering follows.
    TooDeep,
    /// The whole file: parsing it would take too long.
    TooComplex,
}

impl FileFacts {
    pub fn function(&self, index: FunctionIndex) -> &Function {
        &self.functions[index.get()]
    }

    pub fn call(&self, index: CallIndex) -> &Call {
        &self.calls[index.get()]
    }

    /// The calls of the chain that a call is part of: itself, those before it, those after it.
    pub fn chain(&self, index: CallIndex) -> impl Iterator<Item = &Call> {
        let before = std::iter::successors(Some(index), |index| self.call(*index).receiver);
        let after = std::iter::successors(self.call(index).continued, |index| self.call(*index).continued);
        before.chain(after).map(|index| self.call(index))
    }

    /// The last call of the chain that a call begins or goes on with.
    pub fn last_of_chain(&self, mut index: CallIndex) -> CallIndex {
        while let Some(next) = self.call(index).continued {
            index = next;
        }
        index
    }

    pub fn loop_at(&self, index: LoopIndex) -> &Loop {
        &self.loops[index.get()]
    }

    pub fn branch(&self, index: BranchIndex) -> &Branch {
        &self.branches[index.get()]
    }
}

impl Value {
    /// Every name mentioned in it and in the arguments of its calls, whole paths at once.
    pub fn paths<'a>(&'a self, facts: &'a FileFacts, visit: &mut impl FnMut(&'a [Name])) {
        match self {
            Self::Path(path) => visit(path),
            Self::Call(call, _) => {
                visit(&facts.call(*call).chain);
                let mut next = Some(*call);
                while let Some(call) = next.map(|index| facts.call(index)) {
                    for argument in &call.arguments {
                        argument.value.paths(facts, visit);
                    }
                    next = call.receiver;
                }
            }
            Self::Template(_, values) | Self::List(values) | Self::Other(values) => {
                for value in values {
                    value.paths(facts, visit);
                }
            }
            Self::Object(entries) => {
                for (_, value) in entries {
                    value.paths(facts, visit);
                }
            }
            Self::Element(element) => {
                element.0.paths(facts, visit);
                element.1.paths(facts, visit);
            }
            Self::Each(each) => {
                let each = facts.loop_at(*each);
                let made = each.body.map_or(&[][..], |body| &facts.function(body).returned);
                for value in each.over.iter().chain(made) {
                    value.paths(facts, visit);
                }
            }
            Self::Text(_) | Self::Literal(_) | Self::Function(_) => {}
        }
    }
}

impl Call {
    /// The called name: `findMany` of `db.order.findMany`.
    pub fn name(&self) -> Name {
        self.chain.last().copied().unwrap_or_default()
    }

    /// The outermost receiver, or the called name when there is none.
    pub fn root(&self) -> Name {
        self.chain.first().copied().unwrap_or_default()
    }
}
