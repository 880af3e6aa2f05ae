using System.Text.Json;
using Alignment.Jobs;
using Alignment.ServiceDefaults;

namespace Alignment.Cycles.Cycles;

/// <summary>Cycles over HTTP.</summary>
internal static class CycleEndpoints
{
    public static void MapCycleRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/cycles").WithTags("cycles");
        group.MapPost("/", StartAsync).WithSummary("Start a cycle; the same Idempotency-Key starts it once.");
        group.MapGet("/", ListAsync).WithSummary("Newest first; pass the last id seen as `before` for the next page.");
        group.MapGet("/{id}", GetAsync).WithSummary("The cycle with its moves and jobs.");
        group.MapPost("/{id}/cancel", CancelAsync).WithSummary("End an open cycle and stop its job.");
    }

    private static async Task<IResult> StartAsync(StartCycle request, HttpContext http, CycleStore cycles, CycleEngine engine, CancellationToken ct)
    {
        var config = CycleRules.Check(request);
        var key = http.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } sent ? sent : Guid.CreateVersion7().ToString("N");
        var cycle = await cycles.CreateAsync(request.ModelLine!, config, request.Cause ?? "hand", key, ct)
            ?? throw new ProblemException(409, "The model line has an open cycle.", $"modelLine: '{request.ModelLine}' is being tuned; wait for it or cancel it (GET /cycles).", "cycle-open");
        await engine.AdvanceAsync(cycle.Id, ct);
        return TypedResults.Accepted($"/cycles/{cycle.Id}", new { cycle.Id, cycle.ModelLine });
    }

    private static async Task<IResult> ListAsync(CycleStore cycles, string? before, int? limit, CancellationToken ct)
    {
        if (limit is < 1 or > 200)
        {
            throw new ProblemException(400, "limit is out of range.", "limit: use 1 to 200.", "limit-out-of-range");
        }

        return TypedResults.Ok((await cycles.ListAsync(before, limit ?? 50, ct)).Select(c => View(c)));
    }

    private static async Task<IResult> GetAsync(string id, CycleStore cycles, IJobReader jobs, CancellationToken ct)
    {
        var cycle = await cycles.FindAsync(id, ct) ?? throw NotFound(id);
        var events = await cycles.EventsAsync(id, ct);
        var work = (await jobs.ListAsync(null, null, id, null, 100, ct)).OrderBy(j => j.Id, StringComparer.Ordinal).Select(Jobs.JobEndpoints.View);
        return TypedResults.Ok(View(cycle, events, work));
    }

    private static async Task<IResult> CancelAsync(string id, CycleStore cycles, CycleEngine engine, CancellationToken ct)
    {
        _ = await cycles.FindAsync(id, ct) ?? throw NotFound(id);
        return await engine.CancelAsync(id, ct)
            ? TypedResults.Accepted($"/cycles/{id}")
            : throw new ProblemException(409, "The cycle has ended.", $"{id} is final; start another.", "cycle-final");
    }

    private static object View(CycleRow c, IReadOnlyList<CycleEvent>? events = null, IEnumerable<object>? jobs = null) => new
    {
        c.Id, c.ModelLine, c.Stage, c.Version, c.Cause, c.Reason,
        config = JsonSerializer.Deserialize<JsonElement>(c.Config),
        createdAt = DateTimeOffset.FromUnixTimeMilliseconds(c.CreatedAt),
        updatedAt = DateTimeOffset.FromUnixTimeMilliseconds(c.UpdatedAt),
        stages = StageTable.Path.Where(s => s.Applies(CycleConfig.Parse(c.Config))).Select(s => s.Name),
        events = events?.Select(e => new { e.Version, e.FromStage, e.ToStage, e.Cause, at = DateTimeOffset.FromUnixTimeMilliseconds(e.At) }),
        jobs,
    };

    private static ProblemException NotFound(string id) => new(404, "No such cycle.", $"'{id}' is no cycle; GET /cycles lists them.", "cycle-not-found");
}

/// <param name="ModelLine">The line of models the cycle belongs to; one open cycle a line.</param>
/// <param name="Config">See CycleConfig.</param>
/// <param name="Cause">Kept in the history; default <c>hand</c>.</param>
internal sealed record StartCycle(string? ModelLine, CycleConfig? Config, string? Cause);
