using System.Text.Json;
using Alignment.ServiceDefaults;

namespace Alignment.Cycles.Schedules;

/// <summary>Schedules over HTTP.</summary>
internal static class ScheduleEndpoints
{
    private const int Preview = 5;

    public static void MapScheduleRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/schedules").WithTags("schedules");
        group.MapPost("/", CreateAsync).WithSummary("Start a cycle at every slot of a cron text, in a time zone.");
        group.MapGet("/", async (ScheduleStore schedules, TimeProvider time, CancellationToken ct) => (await schedules.ListAsync(ct)).Select(s => View(s, time)));
        group.MapPatch("/{id}", EnableAsync).WithSummary("Pause or resume; slots that passed while paused are not made up for.");
        group.MapDelete("/{id}", DeleteAsync);
    }

    private static async Task<IResult> CreateAsync(NewSchedule request, ScheduleStore schedules, TimeProvider time, CancellationToken ct)
    {
        foreach (var (field, value) in new[] { ("name", request.Name), ("cron", request.Cron) })
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                throw new ProblemException(422, "The schedule cannot run.", $"{field}: send a text.", "invalid-schedule");
            }
        }

        if (request.Template is null)
        {
            throw new ProblemException(422, "The schedule cannot run.", "template: send the cycle to start, as for POST /cycles.", "invalid-schedule");
        }

        var row = await schedules.CreateAsync(request, ct);
        return TypedResults.Created($"/schedules/{row.Id}", View(row, time));
    }

    private static async Task<IResult> EnableAsync(string id, SchedulePatch patch, ScheduleStore schedules, TimeProvider time, CancellationToken ct)
    {
        if (patch.Enabled is not { } enabled)
        {
            throw new ProblemException(422, "Nothing to change.", "enabled: send true or false.", "invalid-schedule");
        }

        return await schedules.EnableAsync(id, enabled, ct) is { } row ? TypedResults.Ok(View(row, time)) : throw NotFound(id);
    }

    private static async Task<IResult> DeleteAsync(string id, ScheduleStore schedules, CancellationToken ct) => await schedules.DeleteAsync(id, ct)
        ? TypedResults.NoContent()
        : throw NotFound(id);

    private static ProblemException NotFound(string id) => new(404, "No such schedule.", $"'{id}' is no schedule; GET /schedules lists them.", "schedule-not-found");

    private static object View(ScheduleRow s, TimeProvider time)
    {
        var next = new List<DateTimeOffset>();
        for (var at = time.GetUtcNow(); next.Count < Preview; at = next[^1])
        {
            next.Add(Slots.Next(s.Cron, s.TimeZone, at));
        }

        return new { s.Id, s.Name, s.Cron, s.TimeZone, enabled = s.Enabled == 1, next, template = JsonSerializer.Deserialize<JsonElement>(s.Template) };
    }
}

/// <param name="Enabled">False pauses.</param>
internal sealed record SchedulePatch(bool? Enabled);
