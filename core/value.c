/*
 * value.c - making a KithValue from what a program has at hand. Text, blobs and objects
 * are borrowed; what is not there becomes NULL. Binding a value is left to the drivers.
 */
#include "kith-core.h"

KithValue
kith_value_null(void)
{
    return (KithValue){ .kind = KITH_KIND_NONE };
}

KithValue
kith_value_bool(bool value)
{
    return (KithValue){ .kind = KITH_KIND_BOOL, .as.boolean = value };
}

KithValue
kith_value_int32(int32_t value)
{
    return (KithValue){ .kind = KITH_KIND_INT32, .as.int32 = value };
}

KithValue
kith_value_int64(int64_t value)
{
    return (KithValue){ .kind = KITH_KIND_INT64, .as.int64 = value };
}

KithValue
kith_value_double(double value)
{
    return (KithValue){ .kind = KITH_KIND_DOUBLE, .as.real = value };
}

KithValue
kith_value_text(const char *value)
{
    if (value == NULL)
        return kith_value_null();
    return (KithValue){ .kind = KITH_KIND_TEXT, .as.text = value };
}

KithValue
kith_value_blob(KithBlob value)
{
    if (value.data == NULL)
        return kith_value_null();
    return (KithValue){ .kind = KITH_KIND_BLOB, .as.blob = value };
}

KithValue
kith_value_time(KithTime value)
{
    return (KithValue){ .kind = KITH_KIND_TIME, .as.time = value };
}

KithValue
kith_value_date(KithDate value)
{
    return (KithValue){ .kind = KITH_KIND_DATE, .as.date = value };
}

KithValue
kith_value_uuid(KithUuid value)
{
    return (KithValue){ .kind = KITH_KIND_UUID, .as.uuid = value };
}

KithValue
kith_value_opt_bool(KithOptBool value)
{
    return value.has_value ? kith_value_bool(value.value) : kith_value_null();
}

KithValue
kith_value_opt_int32(KithOptInt32 value)
{
    return value.has_value ? kith_value_int32(value.value) : kith_value_null();
}

KithValue
kith_value_opt_int64(KithOptInt64 value)
{
    return value.has_value ? kith_value_int64(value.value) : kith_value_null();
}

KithValue
kith_value_opt_double(KithOptDouble value)
{
    return value.has_value ? kith_value_double(value.value) : kith_value_null();
}

KithValue
kith_value_opt_time(KithOptTime value)
{
    return value.has_value ? kith_value_time(value.value) : kith_value_null();
}

KithValue
kith_value_opt_date(KithOptDate value)
{
    return value.has_value ? kith_value_date(value.value) : kith_value_null();
}

KithValue
kith_value_opt_uuid(KithOptUuid value)
{
    return value.has_value ? kith_value_uuid(value.value) : kith_value_null();
}

KithValue
kith_value_object(const void *value)
{
    if (value == NULL)
        return kith_value_null();
    return (KithValue){ .kind = KITH_KIND_OBJECT, .as.object = value };
}

const char *
kith_version(void)
{
    return KITH_VERSION_TEXT;
}
