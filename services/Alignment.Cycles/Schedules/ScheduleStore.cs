using System.Text.Json;
using Alignment.Cycles.Cycles;
using Alignment.ServiceDefaults;
using Alignment.Storage;
using Dapper;

namespace Alignment.Cycles.Schedules;

/// <summary>The rows of schedules and the tick that fires them.</summary>
internal sealed class ScheduleStore(IDatabase database, CycleStore cycles, TimeProvider time)
{
    public Task<ScheduleRow> CreateAsync(NewSchedule schedule, CancellationToken ct)
    {
        CycleRules.Check(schedule.Template!);
        var row = new ScheduleRow
        {
            Id = Ids.New(time), Name = schedule.Name!, Cron = schedule.Cron!, TimeZone = schedule.TimeZone ?? "UTC", Enabled = 1,
            NextAt = Slots.Next(schedule.Cron!, schedule.TimeZone ?? "UTC", time.GetUtcNow()).ToUnixTimeMilliseconds(),
            Template = JsonSerializer.Serialize(schedule.Template, JsonSerializerOptions.Web),
        };
        return database.WriteAsync(async (tx, token) =>
        {
            var inserted = await tx.Connection!.ExecuteAsync(new CommandDefinition(
                """
                insert into schedules (id, name, cron, time_zone, enabled, next_at, template) values (@Id, @Name, @Cron, @TimeZone, @Enabled, @NextAt, @Template)
                on conflict (name) do nothing
                """, row, tx, cancellationToken: token));
            return inserted == 1 ? row : throw new ProblemException(409, "The name is taken.", $"name: a schedule '{row.Name}' exists; delete it or choose another name.", "schedule-exists");
        }, ct);
    }

    public Task<IReadOnlyList<ScheduleRow>> ListAsync(CancellationToken ct) => database.ReadAsync(async (connection, token) =>
        (IReadOnlyList<ScheduleRow>)[.. await connection.QueryAsync<ScheduleRow>(new CommandDefinition($"select {ScheduleRow.Columns} from schedules order by name", cancellationToken: token))], ct);

    /// <summary>Pauses or resumes; resuming starts at the next slot from now. Null when there is no such schedule.</summary>
    public async Task<ScheduleRow?> EnableAsync(string id, bool enabled, CancellationToken ct)
    {
        if ((await ListAsync(ct)).FirstOrDefault(s => s.Id == id) is not { } row)
        {
            return null;
        }

        var next = row with { Enabled = enabled ? 1 : 0, NextAt = Slots.Next(row.Cron, row.TimeZone, time.GetUtcNow()).ToUnixTimeMilliseconds() };
        await database.WriteAsync((tx, token) => tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update schedules set enabled = @Enabled, next_at = @NextAt where id = @Id", next, tx, cancellationToken: token)), ct);
        return next;
    }

    public Task<bool> DeleteAsync(string id, CancellationToken ct) => database.WriteAsync(async (tx, token) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition("delete from schedules where id = @id", new { id }, tx, cancellationToken: token)) == 1, ct);

    /// <summary>
    /// Fires every due schedule: the compare-and-set on <c>next_at</c> has one winner, and the slot is part of the cycle's idempotency key, so
    /// any number of processes make one cycle a slot. Slots missed while nothing ran collapse into one.
    /// </summary>
    public async Task<int> TickAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var due = (await ListAsync(ct)).Where(s => s.Enabled == 1 && s.NextAt <= now.ToUnixTimeMilliseconds()).ToList();
        var fired = 0;
        foreach (var schedule in due)
        {
            var next = Slots.Next(schedule.Cron, schedule.TimeZone, now).ToUnixTimeMilliseconds();
            fired += await database.WriteAsync(async (tx, token) =>
            {
                if (await tx.Connection!.ExecuteAsync(new CommandDefinition(
                    "update schedules set next_at = @next, last_slot = @slot where id = @id and next_at = @slot", new { next, slot = schedule.NextAt, id = schedule.Id }, tx, cancellationToken: token)) == 0)
                {
                    return 0;
                }

                var template = JsonSerializer.Deserialize<StartCycle>(schedule.Template, JsonSerializerOptions.Web)!;
                var cycle = await cycles.CreateAsync(tx, template.ModelLine!, template.Config!, $"schedule:{schedule.Name}", $"schedule:{schedule.Id}:{schedule.NextAt}", token);
                return cycle is null ? 0 : 1;
            }, ct);
        }

        return fired;
    }
}

/// <param name="Name">Unique.</param>
/// <param name="Cron">minute hour day month weekday.</param>
/// <param name="TimeZone">IANA name; default UTC.</param>
/// <param name="Template">The cycle that each slot starts.</param>
internal sealed record NewSchedule(string? Name, string? Cron, string? TimeZone, StartCycle? Template);
