/*
 * time.c - days and moments, and their text. The calendar is the Gregorian one, extended
 * before 1582 as ISO 8601, SQLite and PostgreSQL do; there are no leap seconds and no
 * time zones but offsets. Own arithmetic, because timegm() is not in POSIX and GDateTime
 * allocates.
 */
#include "kith-core.h"

#include <string.h>

#define USEC_PER_SECOND INT64_C(1000000)
#define USEC_PER_DAY (INT64_C(86400) * USEC_PER_SECOND)
#define DAYS_PER_ERA INT64_C(146097) /* the calendar repeats every 400 years */

/* --- the calendar ------------------------------------------------------------------ */

static int64_t
divide_down(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

/*
 * Days since 1970-01-01 of the first day of a month: Howard Hinnant's 'days_from_civil'
 * (https://howardhinnant.github.io/date_algorithms.html). Years begin in March there, so
 * that the leap day is the last one.
 */
static int64_t
days_from_civil(int64_t year, int64_t month)
{
    int64_t shifted_year = month <= 2 ? year - 1 : year;
    int64_t era = divide_down(shifted_year, 400);
    int64_t year_of_era = shifted_year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - 719468;
}

typedef struct Civil {
    int64_t year;
    int64_t month;
    int64_t day;
} Civil;

/* The way back: Hinnant's 'civil_from_days'. */
static Civil
civil_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = divide_down(shifted, DAYS_PER_ERA);
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    return (Civil){
        .year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
        .month = month,
        .day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
    };
}

/* Months and days out of range carry over; no int can make this overflow. */
static int64_t
days_carried_over(int year, int month, int day)
{
    int64_t months = (int64_t) month - 1;
    int64_t carried = divide_down(months, 12);
    return days_from_civil(year + carried, months - carried * 12 + 1) + day - 1;
}

static int
days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* --- reading ----------------------------------------------------------------------- */

/* Each of the take_ functions moves @at past what it took; false: it is not there. */
static bool
take_number(const char **at, int n_digits, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < n_digits; i++) {
        if (!g_ascii_isdigit((*at)[i]))
            return false;
        number = number * 10 + ((*at)[i] - '0');
    }
    *at += n_digits;
    *ret_number = number;
    return true;
}

static bool
take_char(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    *at += 1;
    return true;
}

static bool
take_date(const char **at, int64_t *ret_days)
{
    int year, month, day;
    if (!take_number(at, 4, &year) || !take_char(at, '-') || !take_number(at, 2, &month)
        || !take_char(at, '-') || !take_number(at, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1
        || day > days_of_month(year, month))
        return false;
    *ret_days = days_from_civil(year, month) + day - 1;
    return true;
}

/* Up to six digits count; further ones are read and dropped. */
static bool
take_fraction(const char **at, int64_t *ret_usec)
{
    *ret_usec = 0;
    if (!take_char(at, '.'))
        return true;
    if (!g_ascii_isdigit(**at))
        return false;
    int64_t unit = USEC_PER_SECOND / 10;
    for (; g_ascii_isdigit(**at); *at += 1) {
        *ret_usec += unit * (**at - '0');
        unit /= 10;
    }
    return true;
}

static bool
take_time_of_day(const char **at, int64_t *ret_usec)
{
    int hour, minute, second;
    int64_t fraction;
    if (!take_number(at, 2, &hour) || !take_char(at, ':') || !take_number(at, 2, &minute)
        || !take_char(at, ':') || !take_number(at, 2, &second)
        || !take_fraction(at, &fraction))
        return false;
    if (hour >= 24 || minute >= 60 || second >= 60)
        return false;
    *ret_usec = (hour * 3600 + minute * 60 + second) * USEC_PER_SECOND + fraction;
    return true;
}

/* Nothing, Z, +HH, +HH:MM or +HHMM, or the same with a minus. */
static bool
take_zone(const char **at, int64_t *ret_offset_usec)
{
    *ret_offset_usec = 0;
    if (**at == '\0' || take_char(at, 'Z'))
        return true;
    bool is_west = **at == '-';
    if (!take_char(at, '-') && !take_char(at, '+'))
        return false;
    int hour, minute = 0;
    if (!take_number(at, 2, &hour))
        return false;
    if (**at != '\0') {
        take_char(at, ':');
        if (!take_number(at, 2, &minute))
            return false;
    }
    if (hour >= 24 || minute >= 60)
        return false;
    int64_t offset = (hour * 3600 + minute * 60) * USEC_PER_SECOND;
    *ret_offset_usec = is_west ? -offset : offset;
    return true;
}

/* --- writing ----------------------------------------------------------------------- */

/* By hand: a time is written for each row, and printf() would be most of the work. */
static char *
put_number(char *at, int64_t number, int n_digits)
{
    for (int i = n_digits - 1; i >= 0; i--) {
        at[i] = (char) ('0' + number % 10);
        number /= 10;
    }
    return at + n_digits;
}

static char *
put_char(char *at, char what)
{
    *at = what;
    return at + 1;
}

static int
count_digits(int64_t number)
{
    int n_digits = 1;
    for (; number >= 10; number /= 10)
        n_digits++;
    return n_digits;
}

static char *
put_date(char *at, int64_t days)
{
    Civil civil = civil_from_days(days);
    if (civil.year < 0) {
        at = put_char(at, '-');
        civil.year = -civil.year;
    }
    at = put_number(at, civil.year, MAX(count_digits(civil.year), 4));
    at = put_number(put_char(at, '-'), civil.month, 2);
    return put_number(put_char(at, '-'), civil.day, 2);
}

/* --- moments ----------------------------------------------------------------------- */

KithTime
kith_time_now(void)
{
    return (KithTime){ .usec = g_get_real_time() };
}

/* What 64 bits cannot hold, 292,000 years away, becomes the last moment that they can. */
KithTime
kith_time_make(int year, int month, int day, int hour, int minute, int second, int usec)
{
    int64_t days = days_carried_over(year, month, day);
    int64_t seconds = (int64_t) hour * 3600 + (int64_t) minute * 60 + second;
    int64_t of_days, of_day = seconds * USEC_PER_SECOND + usec, sum;
    if (__builtin_mul_overflow(days, USEC_PER_DAY, &of_days))
        return (KithTime){ .usec = days < 0 ? INT64_MIN : INT64_MAX };
    if (__builtin_add_overflow(of_days, of_day, &sum))
        return (KithTime){ .usec = of_day < 0 ? INT64_MIN : INT64_MAX };
    return (KithTime){ .usec = sum };
}

bool
kith_time_parse(const char *text, KithTime *ret_time)
{
    g_return_val_if_fail(text != NULL && ret_time != NULL, false);
    int64_t days, of_day, offset;
    if (!take_date(&text, &days) || (!take_char(&text, ' ') && !take_char(&text, 'T'))
        || !take_time_of_day(&text, &of_day) || !take_zone(&text, &offset)
        || *text != '\0')
        return false;
    int64_t usec = days * USEC_PER_DAY + of_day - offset;
    /* A zone can carry it out of these years, and its text could not be read back. */
    if (usec < days_from_civil(1, 1) * USEC_PER_DAY
        || usec >= days_from_civil(10000, 1) * USEC_PER_DAY)
        return false;
    *ret_time = (KithTime){ .usec = usec };
    return true;
}

char *
kith_time_format(KithTime time, char buffer[KITH_TIME_TEXT_SIZE])
{
    int64_t days = divide_down(time.usec, USEC_PER_DAY);
    int64_t of_day = time.usec % USEC_PER_DAY;
    if (of_day < 0)
        of_day += USEC_PER_DAY;
    int64_t second = of_day / USEC_PER_SECOND;
    char *at = put_char(put_date(buffer, days), ' ');
    at = put_number(at, second / 3600, 2);
    at = put_number(put_char(at, ':'), second / 60 % 60, 2);
    at = put_number(put_char(at, ':'), second % 60, 2);
    at = put_number(put_char(at, '.'), of_day % USEC_PER_SECOND, 6);
    *at = '\0';
    return buffer;
}

/* --- days -------------------------------------------------------------------------- */

KithDate
kith_date_make(int year, int month, int day)
{
    int64_t days = days_carried_over(year, month, day);
    return (KithDate){ .days = (int32_t) CLAMP(days, INT32_MIN, INT32_MAX) };
}

void
kith_date_get(KithDate date, int *ret_year, int *ret_month, int *ret_day)
{
    Civil civil = civil_from_days(date.days);
    if (ret_year != NULL)
        *ret_year = (int) civil.year;
    if (ret_month != NULL)
        *ret_month = (int) civil.month;
    if (ret_day != NULL)
        *ret_day = (int) civil.day;
}

bool
kith_date_parse(const char *text, KithDate *ret_date)
{
    g_return_val_if_fail(text != NULL && ret_date != NULL, false);
    int64_t days;
    if (!take_date(&text, &days) || *text != '\0')
        return false;
    *ret_date = (KithDate){ .days = (int32_t) days };
    return true;
}

char *
kith_date_format(KithDate date, char buffer[KITH_DATE_TEXT_SIZE])
{
    *put_date(buffer, date.days) = '\0';
    return buffer;
}
