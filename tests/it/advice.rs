//! What findings about relations tell their readers to do: pages compare messages, this compares the help.

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
