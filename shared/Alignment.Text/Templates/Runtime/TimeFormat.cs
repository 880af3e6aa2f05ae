using System.Globalization;
using System.Text;

namespace Alignment.Text.Templates.Runtime;

/// <summary>C's <c>strftime</c> in the C locale, as <c>strftime_now</c> uses it on a local time without zone.</summary>
internal static class TimeFormat
{
    private static readonly CultureInfo C = CultureInfo.InvariantCulture;

    public static string Format(DateTimeOffset now, string format, RenderState state)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            i++;
            var flag = '\0';
            if (i + 1 < format.Length && format[i] is '-' or '_' or '0' or '^' or '#')
            {
                flag = format[i++];
            }

            var field = Field(now, format[i]);
            text.Append(field is null ? "%" + (flag == '\0' ? "" : flag.ToString()) + format[i] : Flagged(field, flag));
        }

        state.Allocate(text.Length);
        return text.ToString();
    }

    private static string Flagged(string field, char flag) => flag switch
    {
        '-' => field.TrimStart('0', ' ') is { Length: > 0 } rest ? rest : "0",
        '_' => field.TrimStart('0').PadLeft(field.Length),
        '^' => field.ToUpperInvariant(),
        '#' => field.Any(char.IsLower) ? field.ToUpperInvariant() : field.ToLowerInvariant(),
        '0' => field.Replace(' ', '0'),
        _ => field,
    };

    private static string? Field(DateTimeOffset t, char c) => c switch
    {
        'a' => t.ToString("ddd", C),
        'A' => t.ToString("dddd", C),
        'b' or 'h' => t.ToString("MMM", C),
        'B' => t.ToString("MMMM", C),
        'c' => t.ToString("ddd MMM ", C) + t.Day.ToString(C).PadLeft(2) + t.ToString(" HH:mm:ss yyyy", C),
        'C' => (t.Year / 100).ToString("00", C),
        'd' => t.ToString("dd", C),
        'D' or 'x' => t.ToString("MM'/'dd'/'yy", C),
        'e' => t.Day.ToString(C).PadLeft(2),
        'f' => (t.Ticks % TimeSpan.TicksPerSecond / 10).ToString("000000", C),
        'F' => t.ToString("yyyy'-'MM'-'dd", C),
        'g' => (ISOWeek.GetYear(t.DateTime) % 100).ToString("00", C),
        'G' => ISOWeek.GetYear(t.DateTime).ToString(C),
        'H' => t.ToString("HH", C),
        'I' => t.ToString("hh", C),
        'j' => t.DayOfYear.ToString("000", C),
        'k' => t.Hour.ToString(C).PadLeft(2),
        'l' => ((t.Hour + 11) % 12 + 1).ToString(C).PadLeft(2),
        'm' => t.ToString("MM", C),
        'M' => t.ToString("mm", C),
        'n' => "\n",
        'p' => t.Hour < 12 ? "AM" : "PM",
        'P' => t.Hour < 12 ? "am" : "pm",
        'r' => t.ToString("hh':'mm':'ss", C) + (t.Hour < 12 ? " AM" : " PM"),
        'R' => t.ToString("HH':'mm", C),
        's' => t.ToUnixTimeSeconds().ToString(C),
        'S' => t.ToString("ss", C),
        't' => "\t",
        'T' or 'X' => t.ToString("HH':'mm':'ss", C),
        'u' => (((int)t.DayOfWeek + 6) % 7 + 1).ToString(C),
        'U' => ((t.DayOfYear + 6 - (int)t.DayOfWeek) / 7).ToString("00", C),
        'V' => ISOWeek.GetWeekOfYear(t.DateTime).ToString("00", C),
        'w' => ((int)t.DayOfWeek).ToString(C),
        'W' => ((t.DayOfYear + 6 - (((int)t.DayOfWeek + 6) % 7)) / 7).ToString("00", C),
        'y' => t.ToString("yy", C),
        'Y' => t.Year.ToString(C),
        'z' or 'Z' => "",
        '%' => "%",
        _ => null,
    };
}
