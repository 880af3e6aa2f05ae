namespace Alignment.Cycles.Schedules;

/// <summary>A schedule as stored; times are epoch milliseconds UTC.</summary>
internal sealed record ScheduleRow
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Five fields (minute first) or Quartz's six or seven.</summary>
    public required string Cron { get; init; }

    /// <summary>IANA name, such as <c>America/Sao_Paulo</c>.</summary>
    public required string TimeZone { get; init; }
    public required long Enabled { get; init; }
    public required long NextAt { get; init; }
    public long? LastSlot { get; init; }

    /// <summary>The <c>StartCycle</c> that each slot sends.</summary>
    public required string Template { get; init; }

    public const string Columns = "id, name, cron, time_zone as TimeZone, enabled, next_at as NextAt, last_slot as LastSlot, template";
}
