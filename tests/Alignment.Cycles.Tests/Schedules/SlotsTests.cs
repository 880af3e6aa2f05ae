using System.Globalization;
using Alignment.Cycles.Schedules;
using Alignment.ServiceDefaults;

namespace Alignment.Cycles.Tests.Schedules;

/// <summary>Slots worked out by hand from a calendar; 2026-11-23 is a Monday.</summary>
public sealed class SlotsTests
{
    [Theory]
    [InlineData("30 3 * * 1", "America/Sao_Paulo", "2026-11-23T00:00Z", "2026-11-23T06:30Z")]
    [InlineData("0 9 * * 1-5", "UTC", "2026-11-27T10:00Z", "2026-11-30T09:00Z")]
    [InlineData("0 9 * * 0", "UTC", "2026-11-23T00:00Z", "2026-11-29T09:00Z")]
    [InlineData("0 9 * * 7", "UTC", "2026-11-23T00:00Z", "2026-11-29T09:00Z")]
    [InlineData("0 9 * * 2,4", "UTC", "2026-11-24T09:00Z", "2026-11-26T09:00Z")]
    [InlineData("*/15 * * * *", "UTC", "2026-11-23T10:07Z", "2026-11-23T10:15Z")]
    [InlineData("0 0 1 * *", "UTC", "2026-11-23T00:00Z", "2026-12-01T00:00Z")]
    [InlineData("0 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T00:00Z")]
    [InlineData("0 0 12 ? * MON", "UTC", "2026-11-23T12:00Z", "2026-11-30T12:00Z")]
    public void Next_FromACalendar_AgreesWithHand(string cron, string zone, string after, string expected) =>
        Assert.Equal(At(expected), Slots.Next(cron, zone, At(after)).ToUniversalTime());

    [Theory]
    [InlineData("61 * * * *", "UTC", "cron")]
    [InlineData("now and then", "UTC", "cron")]
    [InlineData("0 0 1 * 1", "UTC", "not both")]
    [InlineData("0 0 * * *", "Mars/Olympus", "timeZone")]
    public void Next_Unreadable_NamesTheField(string cron, string zone, string field) =>
        Assert.Contains(field, Assert.Throws<ProblemException>(() => Slots.Next(cron, zone, At("2026-11-23T00:00Z"))).ToString());

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
