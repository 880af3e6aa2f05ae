using System.Text.Json;
using Alignment.Jobs;
using Alignment.ServiceDefaults;
using Alignment.Storage;

namespace Alignment.Cycles.Jobs;

/// <summary>Long jobs over HTTP.</summary>
internal static class JobEndpoints
{
    public static void MapJobRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/jobs").WithTags("jobs");
        group.MapGet("/", ListAsync).WithSummary("Newest first, filtered by kind, state or cycle.");
        group.MapGet("/{id}", GetAsync).WithSummary("The job with its attempts.");
        group.MapPost("/{id}/cancel", CancelAsync).WithSummary("Ask a job to stop; a running one saves first.");
    }

    public static object View(JobView j) => new
    {
        j.Id, j.Kind, j.State, j.Attempt, j.Owner, j.CycleId,
        progress = new { step = j.ProgressStep, total = j.ProgressTotal, message = j.ProgressMessage },
        spec = JsonSerializer.Deserialize<JsonElement>(j.Spec),
        result = j.Result is null ? (JsonElement?)null : JsonSerializer.Deserialize<JsonElement>(j.Result),
        error = j.ErrorCode is null ? null : new { code = j.ErrorCode, text = j.ErrorText },
        createdAt = Time(j.CreatedAt), startedAt = Time(j.StartedAt), finishedAt = Time(j.FinishedAt),
    };

    private static async Task<IResult> ListAsync(IJobReader jobs, string? kind, string? state, string? cycle, string? before, int? limit, CancellationToken ct)
    {
        if (limit is < 1 or > 200)
        {
            throw new ProblemException(400, "limit is out of range.", "limit: use 1 to 200.", "limit-out-of-range");
        }

        return TypedResults.Ok((await jobs.ListAsync(kind, state, cycle, before, limit ?? 50, ct)).Select(View));
    }

    private static async Task<IResult> GetAsync(string id, IJobReader jobs, CancellationToken ct)
    {
        var job = await jobs.GetAsync(id, ct) ?? throw NotFound(id);
        return TypedResults.Ok(new { job = View(job), attempts = await jobs.AttemptsAsync(id, ct) });
    }

    private static async Task<IResult> CancelAsync(string id, IJobReader jobs, IJobQueue queue, IDatabase database, CancellationToken ct)
    {
        _ = await jobs.GetAsync(id, ct) ?? throw NotFound(id);
        return await database.WriteAsync((tx, token) => queue.CancelAsync(tx, id, token), ct)
            ? TypedResults.Accepted($"/jobs/{id}")
            : throw new ProblemException(409, "The job has ended.", $"{id} is final.", "job-final");
    }

    private static DateTimeOffset? Time(long? ms) => ms is { } v ? DateTimeOffset.FromUnixTimeMilliseconds(v) : null;

    private static ProblemException NotFound(string id) => new(404, "No such job.", $"'{id}' is no job; GET /jobs lists them.", "job-not-found");
}
