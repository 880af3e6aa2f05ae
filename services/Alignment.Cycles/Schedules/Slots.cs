using Alignment.ServiceDefaults;
using Quartz;

namespace Alignment.Cycles.Schedules;

/// <summary>When a schedule fires; pure.</summary>
internal static class Slots
{
    /// <summary>The first slot after <paramref name="after"/>.</summary>
    /// <exception cref="ProblemException">The cron text or the time zone cannot be read, or no slot follows.</exception>
    public static DateTimeOffset Next(string cron, string timeZone, DateTimeOffset after)
    {
        var fields = cron.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            var expression = CronExpression.Parse(fields.Length == 5 ? FromFive(fields) : cron).WithTimeZone(TimeZoneInfo.FindSystemTimeZoneById(timeZone));
            return expression.GetNextValidTimeAfter(after) ?? throw new FormatException("no slot follows");
        }
        catch (TimeZoneNotFoundException)
        {
            throw new ProblemException(422, "The schedule cannot run.", $"timeZone: '{timeZone}' is unknown; use an IANA name such as America/Sao_Paulo.", "invalid-schedule");
        }
        catch (FormatException e)
        {
            throw new ProblemException(422, "The schedule cannot run.", $"cron: '{cron}': {e.Message}. Use five fields, minute hour day month weekday.", "invalid-schedule");
        }
    }

    /// <summary>Quartz wants seconds first and a question mark in one of the two day fields, and counts weekdays from 1.</summary>
    private static string FromFive(string[] f)
    {
        var (day, weekday) = (f[2], f[4]);
        return weekday == "*" ? $"0 {f[0]} {f[1]} {day} {f[3]} ?" : day == "*" ? $"0 {f[0]} {f[1]} ? {f[3]} {Weekdays(weekday)}" : throw new FormatException("name a day of the month or a weekday, not both");
    }

    private static string Weekdays(string field) => string.Concat(field.Select((c, i) =>
        char.IsDigit(c) && (i == 0 || field[i - 1] is ',' or '-') ? ((c - '0') % 7 + 1).ToString(System.Globalization.CultureInfo.InvariantCulture) : c.ToString()));
}
