using System.Data.Common;
using Alignment.Contracts.Messages;
using Alignment.Messaging;
using Alignment.Storage;
using Alignment.Storage.Signals;

namespace Alignment.Cycles.Cycles;

/// <summary>Facts a cycle may wait for: the reconciler looks at once. It would look within a second anyway, so the message is not the truth.</summary>
internal sealed class WakeCycles(IDatabase database, IWakeSignal wake)
    : IEventHandler<JobCompleted>, IEventHandler<JobFailed>, IEventHandler<JobCanceled>, IEventHandler<FeedbackRecorded>
{
    public Task HandleAsync(JobCompleted message, DbTransaction transaction, CancellationToken ct) => WakeAsync(transaction);

    public Task HandleAsync(JobFailed message, DbTransaction transaction, CancellationToken ct) => WakeAsync(transaction);

    public Task HandleAsync(JobCanceled message, DbTransaction transaction, CancellationToken ct) => WakeAsync(transaction);

    public Task HandleAsync(FeedbackRecorded message, DbTransaction transaction, CancellationToken ct) => WakeAsync(transaction);

    private Task WakeAsync(DbTransaction transaction)
    {
        database.AfterCommit(transaction, () => wake.Raise(IWakeSignal.Cycles));
        return Task.CompletedTask;
    }
}
