//! What findings tell their readers to do: pages compare messages, this compares the help.

use crate::sandbox::Sandbox;

const MODELS: &str = r#"
from django.db import models

class Campus(models.Model):
    name = models.TextField()

class Room(models.Model):
    campus = models.ForeignKey(Campus, on_delete=models.CASCADE, related_name="rooms")

class Teacher(models.Model):
    name = models.TextField()

class Lesson(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="lessons")
    teacher = models.ForeignKey(Teacher, null=True, on_delete=models.CASCADE)
"#;

/// The help of each finding of a file beside the models, in the order of the text.
fn advice(name: &str, source: &str) -> Vec<String> {
    let sandbox = Sandbox::new(name);
    sandbox.write("requirements.txt", "django==5.2\n");
    sandbox.write("school/models.py", MODELS);
    sandbox.write("school/plans.py", source);
    let outcome = sandbox.run(&["--select", "lazy-load-in-loop", "--output-format", "full", "."]);
    let help = outcome.stdout.lines().filter_map(|line| line.trim_start().strip_prefix("= help: "));
    help.map(str::to_owned).collect()
}

#[test]
fn options_go_to_the_outermost_query_with_the_whole_path() {
    let source = "
from school.models import Campus

def everything():
    for campus in Campus.objects.filter(open=True):
        for room in campus.rooms.all():
            for lesson in room.lessons.all():
                print(lesson.teacher.name)
";
    let query = "to the query of `Campus.objects.filter()`";
    let expected = ["rooms", "rooms__lessons", "rooms__lessons__teacher"];
    let expected = expected.map(|path| format!("add `.prefetch_related(\"{path}\")` {query}"));
    assert_eq!(advice("advice-nested", source), expected);
}

#[test]
fn what_belongs_to_one_row_is_loaded_with_that_row() {
    let source = "
from school.models import Room

def names(room: Room):
    return [lesson.teacher.name for lesson in room.lessons.all()]

def late(room: Room):
    return [lesson.teacher.name for lesson in room.lessons.filter(late=True)]
";
    let expected = [
        "add `.prefetch_related(\"lessons__teacher\")` to the query that loads `room`",
        "add `.select_related(\"teacher\")` to the query of `room.lessons.filter()`",
    ];
    assert_eq!(advice("advice-one-row", source), expected);
}

#[test]
fn options_are_not_advised_where_they_are_lost() {
    let source = "
from school.models import Lesson, Room

def nearest(lessons):
    return lessons.order_by('start').first()

def first():
    for room in Room.objects.filter(floor=1):
        print(nearest(room.lessons.all()))

def those_there_must_be():
    for lesson in Lesson.objects.select_related():
        print(lesson.teacher.name, lesson.room.name)
";
    let expected = [
        "ask for the `lessons` of all elements with one query before the loop, and group them by their key",
        "name what is read in the query of `Lesson.objects.select_related()`: `.select_related(\"teacher\")`, \
         since an option without names loads only what there must be",
    ];
    assert_eq!(advice("advice-lost", source), expected);
}

#[test]
fn resolvers_are_told_what_becomes_of_their_hint() {
    let sandbox = Sandbox::new("advice-resolvers");
    sandbox.write("requirements.txt", "django==5.2\nstrawberry-graphql-django==0.60.0\n");
    sandbox.write("school/models.py", MODELS);
    let nodes = "
import strawberry
import strawberry_django

from school.models import Lesson, Room

@strawberry_django.type(Lesson)
class LessonNode:
    id: strawberry.ID

@strawberry_django.type(Room)
class RoomNode:
    @strawberry_django.field(prefetch_related=['lessons'])
    def hinted(self, root: Room) -> list[LessonNode]:
        return root.lessons.order_by('start')[:5]

    @strawberry_django.field
    def lesson(self, root: Room, number: int) -> LessonNode | None:
        return root.lessons.filter(number=number).first()

    @strawberry_django.field
    def lesson_count(self, root: Room) -> int:
        return root.lessons.count()

@strawberry.type
class Query:
    rooms: list[RoomNode]
";
    sandbox.write("school/nodes.py", nodes);
    let outcome = sandbox.run(&["--select", "resolver-without-dataloader", "--output-format", "full", "."]);
    let help = outcome.stdout.lines().filter_map(|line| line.trim_start().strip_prefix("= help: "));
    let help: Vec<&str> = help.collect();
    assert!(help[0].starts_with("answer with the rows that the field's `prefetch_related` has loaded"), "{help:?}");
    assert!(help[1].ends_with("with `number` as a part of the key"), "{help:?}");
    assert!(help[2].ends_with(".load(parent.id)`"), "{help:?}");
}

/// The messages and helps about queries in loops of one source file, in the order of the text.
fn in_loops(name: &str, manifest: (&str, &str), source: (&str, &str)) -> Vec<(String, String)> {
    let sandbox = Sandbox::new(name);
    sandbox.write(manifest.0, manifest.1);
    sandbox.write(source.0, source.1);
    let options = ["--select", "query-in-loop", "--min-confidence", "low", "--output-format", "full", "."];
    let outcome = sandbox.run(&options);
    let lines = || outcome.stdout.lines();
    let messages = lines().filter_map(|line| Some(line.split_once("[query-in-loop]: ")?.1.to_owned()));
    let helps = lines().filter_map(|line| Some(line.trim_start().strip_prefix("= help: ")?.to_owned()));
    messages.zip(helps).collect()
}

fn helps(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(_, help)| help.as_str()).collect()
}

const SQLALCHEMY: (&str, &str) = ("requirements.txt", "sqlalchemy==2.0.40\n");
const GORM: (&str, &str) = ("go.mod", "module harbour\n\ngo 1.24\n\nrequire gorm.io/gorm v1.30.0\n");
const PG: (&str, &str) = ("package.json", r#"{ "dependencies": { "pg": "8.16.0" } }"#);

#[test]
fn a_function_that_does_it_for_many_is_the_best_advice() {
    let source = "
from sqlalchemy import select
from sqlalchemy.orm import Session

from harbour.models import Berth

class Berths:
    def __init__(self, session: Session):
        self.session = session

    def rename(self, number, name):
        berth = self.session.execute(select(Berth).where(Berth.number == number)).scalar_one()
        berth.name = name
        self.session.commit()

    def rename_many(self, names):
        for berth in self.session.execute(select(Berth).where(Berth.number.in_(names))).scalars():
            berth.name = names[berth.number]
        self.session.commit()

    def moor(self, number):
        return self.session.execute(select(Berth).where(Berth.number == number)).scalar_one()

    def moors(self, numbers):
        return [self.moor(number) for number in numbers]

def relabel(session: Session, labels):
    berths = Berths(session)
    for number, label in labels:
        berths.rename(number, label)

def arrive(session: Session, numbers):
    berths = Berths(session)
    for number in numbers:
        berths.moor(number)
";
    let found = in_loops("advice-sibling", SQLALCHEMY, ("harbour/berths.py", source));
    let helps = helps(&found);
    assert_eq!(helps[1], "call `rename_many` once for all of them", "{found:#?}");
    assert!(helps[2].starts_with("load all rows before the loop"), "what loops itself is no help: {found:#?}");
}

#[test]
fn equal_values_are_told_from_values_of_their_own() {
    let source = "
package harbour

import \"gorm.io/gorm\"

type Crane struct {
	ID   uint
	Load int
}

func Rest(db *gorm.DB, cranes []Crane) {
	for _, crane := range cranes {
		db.Model(&Crane{}).Where(\"id = ?\", crane.ID).Update(\"load\", 0)
	}
}

func Weigh(db *gorm.DB, cranes []Crane) {
	for _, crane := range cranes {
		db.Model(&Crane{}).Where(\"id = ?\", crane.ID).Update(\"load\", crane.Load+1)
	}
}

func Store(db *gorm.DB, id uint, load int) error {
	return db.Model(&Crane{}).Where(\"id = ?\", id).Update(\"load\", load).Error
}

func StoreAll(db *gorm.DB, cranes []Crane) {
	for _, crane := range cranes {
		Store(db, crane.ID, crane.Load)
	}
}
";
    let found = in_loops("advice-values", GORM, ("harbour/cranes.go", source));
    let equal = "write equal values with one `Where(\"id IN ?\", ids).Updates(values)`";
    let own = "update all rows with one `Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows)`";
    assert_eq!(helps(&found), [equal, own, own], "{found:#?}");
}

#[test]
fn the_same_row_is_written_once() {
    let source = "
import { Pool } from \"pg\";

const pool = new Pool();

export async function note(ship: string, marks: string[]) {
  for (const mark of marks) {
    await pool.query(\"UPDATE ships SET marks = marks || $2 WHERE id = $1\", [ship, mark]);
  }
}

export async function paint(ships: string[], colour: string) {
  for (const ship of ships) {
    await pool.query(\"UPDATE ships SET colour = $1 WHERE id = $2\", [colour, ship]);
  }
}
";
    let found = in_loops("advice-same-row", PG, ("src/ships.ts", source));
    let helps = helps(&found);
    assert!(helps[0].starts_with("every turn writes the same row: gather"), "{found:#?}");
    assert!(!helps[1].starts_with("every turn"), "{found:#?}");
}

#[test]
fn what_keeps_statements_apart_is_said() {
    let source = "
from sqlalchemy import select
from sqlalchemy.orm import Session

from harbour.models import Berth, Boat

class Boats:
    def __init__(self, session: Session):
        self.session = session

    def touch(self, boat):
        boat.seen = True
        self.session.add(boat)
        self.session.commit()
        self.session.refresh(boat)

def wave(session: Session, fleet):
    boats = Boats(session)
    for boat in fleet:
        boats.touch(boat)

def rows(session: Session, model, key):
    return session.execute(select(model).where(model.id == key)).scalars().all()

def everything(session: Session, wanted):
    for model, key in wanted.items():
        rows(session, model, key)

def assign(session: Session, boats):
    for boat in boats:
        taken = session.scalar(select(Berth).where(Berth.berth == boat.wish, Boat.berth == boat.wish))
        boat.berth = taken or boat.wish

def newest(session: Session, berths):
    for berth in berths:
        session.execute(select(Boat).where(Boat.home == berth.number).limit(5)).all()
";
    let found = in_loops("advice-obstacles", SQLALCHEMY, ("harbour/boats.py", source));
    let expected = [
        "commit once after the loop, and read again only what the database fills in",
        "group the elements by their table, and ask each table once",
        "ask once before the loop, and remember beside the answer what the turns write",
        "for so many rows per element number them within each (`ROW_NUMBER() OVER (PARTITION BY …)`), and ask once",
    ];
    assert_eq!(helps(&found), expected, "{found:#?}");
}

#[test]
fn the_rest_of_a_function_is_counted_and_advised() {
    let source = "
import { Pool } from \"pg\";

const pool = new Pool();

async function settle(account: string, closed: boolean) {
  await pool.query(\"SELECT * FROM accounts WHERE id = $1\", [account]);
  if (closed) {
    await pool.query(\"DELETE FROM accounts WHERE id = $1\", [account]);
  } else {
    await pool.query(\"INSERT INTO visits (account) VALUES ($1)\", [account]);
  }
}

export async function settleAll(accounts: string[], closed: boolean) {
  for (const account of accounts) {
    await settle(account, closed);
  }
}

export async function visit(groups: Group[]) {
  for (const account of [groups[0].first, ...groups.map((group) => group.leader)]) {
    await pool.query(\"SELECT * FROM accounts WHERE id = $1\", [account]);
  }
}
";
    let found = in_loops("advice-rest", PG, ("src/accounts.ts", source));
    let (message, help) = &found[0];
    assert_eq!(message, "`settle` runs `pool.query` and up to 2 other statements once per element of `accounts`");
    assert!(help.ends_with("; do the same for its inserts and deletes"), "{help}");
    assert_eq!(found[1].0, "`pool.query` runs once per element of `groups.leader`");
}
