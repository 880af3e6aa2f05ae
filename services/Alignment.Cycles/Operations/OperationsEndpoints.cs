using Alignment.Messaging;
using Alignment.Messaging.Queues;
using Alignment.ServiceDefaults;

namespace Alignment.Cycles.Operations;

/// <summary>What an operator asks when messages are late: the backlog, the dead letters, and moving them back or away. Rows hold the truth, so both are safe.</summary>
internal static class OperationsEndpoints
{
    public static void MapOperationsRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/operations").WithTags("operations");
        group.MapGet("/bus", async (IBusHealth health, CancellationToken ct) => TypedResults.Ok(await health.CheckAsync(ct))).WithSummary("Transport, connection and unsent messages.");
        group.MapGet("/queues/{queue}", StateAsync).WithSummary("Depth and consumers of a queue; align.dead holds the dead letters.");
        group.MapGet("/queues/{queue}/letters", LettersAsync).WithSummary("Looks at messages without taking them.");
        group.MapPost("/queues/{queue}/replay", ReplayAsync).WithSummary("Moves every message back to the queue it came from.");
        group.MapPost("/queues/{queue}/discard", DiscardAsync).WithSummary("Throws every message away; effects are derived again from rows.");
    }

    private static async Task<IResult> StateAsync(string queue, IServiceProvider services, CancellationToken ct) => TypedResults.Ok(await ExistingAsync(queue, services, ct));

    private static async Task<IResult> LettersAsync(string queue, int? limit, IServiceProvider services, CancellationToken ct)
    {
        await ExistingAsync(queue, services, ct);
        return TypedResults.Ok(await Broker(services).PeekAsync(queue, limit ?? 20, ct));
    }

    private static async Task<IResult> ReplayAsync(string queue, IServiceProvider services, CancellationToken ct)
    {
        Parked(queue);
        await ExistingAsync(queue, services, ct);
        return TypedResults.Ok(new { moved = await Broker(services).ReplayAsync(queue, ct) });
    }

    private static async Task<IResult> DiscardAsync(string queue, IServiceProvider services, CancellationToken ct)
    {
        Parked(queue);
        await ExistingAsync(queue, services, ct);
        return TypedResults.Ok(new { discarded = await Broker(services).DiscardAsync(queue, ct) });
    }

    private static async Task<QueueState> ExistingAsync(string queue, IServiceProvider services, CancellationToken ct) =>
        queue.StartsWith("align", StringComparison.Ordinal) && await Broker(services).StateAsync(queue, ct) is { } state
            ? state
            : throw new ProblemException(404, "No such queue.", $"queue: the broker has no queue '{queue}' of this suite.", "queue-not-found");

    /// <summary>Live queues are consumed; only what was parked may be moved by hand.</summary>
    private static void Parked(string queue)
    {
        if (queue != BrokerQueues.Dead && !queue.EndsWith("_error", StringComparison.Ordinal) && !queue.EndsWith("_skipped", StringComparison.Ordinal))
        {
            throw new ProblemException(422, "The queue is in use.", $"queue: '{queue}' holds live messages; name {BrokerQueues.Dead}, or a queue that ends in _error or _skipped.", "queue-live");
        }
    }

    private static BrokerQueues Broker(IServiceProvider services) => services.GetService<BrokerQueues>()
        ?? throw new ProblemException(404, "There is no broker.", "Messages travel in memory here: what is late stands in GET /operations/bus.", "no-broker");
}
