using System.Data.Common;
using Alignment.Contracts.Messages;
using Alignment.Messaging;
using Dapper;

namespace Alignment.Faults.Tests.Children;

/// <summary>A consumer of the bus whose every handled message leaves a row.</summary>
internal sealed class LedgerHandler : IEventHandler<JobCompleted>
{
    public Task HandleAsync(JobCompleted message, DbTransaction transaction, CancellationToken ct) => transaction.Connection!.ExecuteAsync(
        new CommandDefinition("insert into ledger (job) values (@job)", new { job = message.JobId }, transaction, cancellationToken: ct));
}
