/*
 * zoo.c - the mappings of zoo.h. What extends something comes before it in the list, so
 * that the order of mappings is seen not to matter.
 */
#include "zoo.h"

KITH_MAPPING(Keeper,
             "keepers",
             KITH_KEY(Keeper, id, .generated = true),
             KITH_COLUMN(Keeper, name),
             KITH_HAS_MANY(Keeper, animals, Animal, keeper),
             KITH_HAS_MANY(Keeper, dogs, Dog, animal.keeper));

KITH_MAPPING(Animal,
             "animals",
             KITH_KEY(Animal, id, .generated = true),
             KITH_DISCRIMINATOR(Animal,
                                kind,
                                .names = KITH_NAMES([ANIMAL_PLAIN] = "animal",
                                                    [ANIMAL_DOG] = "dog",
                                                    [ANIMAL_CAT] = "cat",
                                                    [ANIMAL_PUPPY] = "puppy")),
             KITH_COLUMN(Animal, name, .unique = true),
             KITH_VERSION(Animal, version),
             KITH_BELONGS_TO(Animal, keeper, Keeper, .nullable = true),
             KITH_HAS_MANY(Animal, photos, Photo, animal));

KITH_MAPPING(Dog,
             "dogs",
             KITH_EXTENDS(Dog, animal, Animal, .value = ANIMAL_DOG),
             KITH_COLUMN(Dog, tricks),
             KITH_COLUMN(Dog, tag, .nullable = true, .unique = true),
             KITH_BELONGS_TO(Dog, chases, Cat, .nullable = true));

KITH_MAPPING(Cat,
             "cats",
             KITH_EXTENDS(Cat, animal, Animal, .value = ANIMAL_CAT),
             KITH_COLUMN(Cat, lives),
             KITH_COLUMN(Cat, weight));

KITH_MAPPING(Puppy,
             "puppies",
             KITH_EXTENDS(Puppy, dog, Dog, .value = ANIMAL_PUPPY, .column = "puppy_id"),
             KITH_COLUMN(Puppy, weeks),
             KITH_COLUMN(Puppy, toy));

KITH_MAPPING(Photo,
             "photos",
             KITH_KEY(Photo, id, .generated = true),
             KITH_COLUMN(Photo, title),
             KITH_BELONGS_TO(Photo, animal, Animal),
             KITH_BELONGS_TO(Photo, dog, Dog, .nullable = true));

KITH_MAPPING(Garage,
             "garages",
             KITH_KEY(Garage, id, .generated = true),
             KITH_COLUMN(Garage, town),
             KITH_HAS_MANY(Garage, vehicles, Vehicle, garage));

KITH_MAPPING(Vehicle,
             "vehicles",
             KITH_KEY(Vehicle, id, .generated = true),
             KITH_DISCRIMINATOR(Vehicle, kind, .text = "vehicle", .max_length = 10),
             KITH_COLUMN(Vehicle, plate, .unique = true),
             KITH_BELONGS_TO(Vehicle, garage, Garage, .nullable = true));

KITH_MAPPING(Car,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Car, vehicle, Vehicle, .text = "car"),
             KITH_COLUMN(Car, doors),
             KITH_COLUMN(Car, radio, .nullable = true, .unique = true));

KITH_MAPPING(Truck,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Truck, vehicle, Vehicle, .text = "truck"),
             KITH_COLUMN(Truck, load),
             KITH_COLUMN(Truck, cargo, .nullable = true),
             KITH_BELONGS_TO(Truck, escort, Car, .nullable = true));

KITH_MAPPING(Taxi,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Taxi, car, Car, .text = "taxi"),
             KITH_COLUMN(Taxi, company));

KITH_MAPPING(Trip,
             "trips",
             KITH_KEY(Trip, id, .generated = true),
             KITH_COLUMN(Trip, goal),
             KITH_BELONGS_TO(Trip, vehicle, Vehicle),
             KITH_BELONGS_TO(Trip, taxi, Taxi, .nullable = true));

KITH_MAPPING(Shape,
             "shapes",
             KITH_KEY(Shape, name),
             KITH_DISCRIMINATOR(Shape, kind, .abstract = true),
             KITH_COLUMN(Shape, is_filled));

KITH_MAPPING(Circle,
             "circles",
             KITH_EXTENDS(Circle, shape, Shape, .value = 1),
             KITH_COLUMN(Circle, radius));

KITH_MAPPING(Square,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Square, shape, Shape, .value = 2),
             KITH_COLUMN(Square, side));

KITH_MAPPING(Ring,
             KITH_SAME_TABLE,
             KITH_EXTENDS(Ring, circle, Circle, .value = 3),
             KITH_COLUMN(Ring, width));

const KithMapping *const zoo_mappings[] = {
    &kith_mapping_Puppy,
    &kith_mapping_Dog,
    &kith_mapping_Cat,
    &kith_mapping_Animal,
    &kith_mapping_Keeper,
    &kith_mapping_Photo,
    &kith_mapping_Garage,
    &kith_mapping_Vehicle,
    &kith_mapping_Taxi,
    &kith_mapping_Car,
    &kith_mapping_Truck,
    &kith_mapping_Trip,
    &kith_mapping_Shape,
    &kith_mapping_Ring,
    &kith_mapping_Square,
    &kith_mapping_Circle,
    NULL,
};
