/*
 * zoo.h - the model of the tests of inheritance.
 *
 *     Animal    a table for each: Dog and Cat have one of their own, and Puppy, which
 * extends Dog, has another; an enum with names, a version, a generated key Vehicle   one
 * table for all: Car, Truck, and Taxi, which extends Car; a text Shape     there is none
 * as such; Circle in a table of its own, Square in that of Shape, Ring extends Circle in
 * its table; an integer, and an assigned text key
 *
 * A Keeper has animals, a Garage has vehicles. A Photo is of an animal, and maybe of a
 * dog; a Trip is of a vehicle, and maybe of a taxi. A Dog may chase a Cat.
 */
#ifndef KITH_TESTS_ZOO_H
#define KITH_TESTS_ZOO_H

#include "kith.h"

typedef struct Keeper Keeper;
typedef struct Animal Animal;
typedef struct Dog Dog;
typedef struct Cat Cat;
typedef struct Puppy Puppy;
typedef struct Photo Photo;
typedef struct Garage Garage;
typedef struct Vehicle Vehicle;
typedef struct Car Car;
typedef struct Truck Truck;
typedef struct Taxi Taxi;
typedef struct Trip Trip;
typedef struct Shape Shape;
typedef struct Circle Circle;
typedef struct Square Square;
typedef struct Ring Ring;

struct Keeper {
    int64_t id;
    const char *name;
    KITH_MANY(Animal) animals;
    KITH_MANY(Dog) dogs;
};

typedef enum AnimalKind {
    ANIMAL_PLAIN,
    ANIMAL_DOG,
    ANIMAL_CAT,
    ANIMAL_PUPPY
} AnimalKind;

struct Animal {
    int64_t id;
    AnimalKind kind;
    const char *name; /* unique */
    int32_t version;
    KITH_REF(Keeper) keeper; /* can be NULL */
    KITH_MANY(Photo) photos;
};

struct Dog {
    Animal animal;
    int32_t tricks;
    const char *tag;      /* unique, can be NULL */
    KITH_REF(Cat) chases; /* can be NULL */
};

struct Cat {
    Animal animal;
    int32_t lives;
    KithOptDouble weight;
};

struct Puppy {
    Dog dog;
    int32_t weeks;
    const char *toy;
};

struct Photo {
    int64_t id;
    const char *title;
    KITH_REF(Animal) animal;
    KITH_REF(Dog) dog; /* can be NULL */
};

struct Garage {
    int64_t id;
    const char *town;
    KITH_MANY(Vehicle) vehicles;
};

struct Vehicle {
    int64_t id;
    const char *kind;
    const char *plate;       /* unique */
    KITH_REF(Garage) garage; /* can be NULL */
};

struct Car {
    Vehicle vehicle;
    int32_t doors;
    const char *radio; /* unique, can be NULL */
};

struct Truck {
    Vehicle vehicle;
    double load;
    const char *cargo;    /* can be NULL */
    KITH_REF(Car) escort; /* can be NULL */
};

struct Taxi {
    Car car;
    const char *company;
};

struct Trip {
    int64_t id;
    const char *goal;
    KITH_REF(Vehicle) vehicle;
    KITH_REF(Taxi) taxi; /* can be NULL */
};

struct Shape {
    const char *name;
    int32_t kind;
    bool is_filled;
};

struct Circle {
    Shape shape;
    double radius;
};

struct Square {
    Shape shape;
    double side;
};

struct Ring {
    Circle circle;
    double width;
};

KITH_DECLARE(Keeper);
KITH_DECLARE(Animal);
KITH_DECLARE(Dog);
KITH_DECLARE(Cat);
KITH_DECLARE(Puppy);
KITH_DECLARE(Photo);
KITH_DECLARE(Garage);
KITH_DECLARE(Vehicle);
KITH_DECLARE(Car);
KITH_DECLARE(Truck);
KITH_DECLARE(Taxi);
KITH_DECLARE(Trip);
KITH_DECLARE(Shape);
KITH_DECLARE(Circle);
KITH_DECLARE(Square);
KITH_DECLARE(Ring);

/* All of them, closed by NULL: for KithOptions.mappings. */
extern const KithMapping *const zoo_mappings[];

#endif
