using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Cycles;
using Alignment.Jobs;
using Alignment.Messaging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Alignment.Faults.Tests.Children;

/// <summary>A whole process of the suite without torch: cycle engine, schedules, a worker of every job kind, outbox, inbox, bus. Configured by environment.</summary>
internal static class Child
{
    private static readonly string[] Kinds =
        [JobKinds.TrainSft, JobKinds.SnapshotDataset, JobKinds.TrainReward, JobKinds.TrainPolicy, JobKinds.RunEvaluation, JobKinds.PromoteCheckpoint];

    public static async Task<int> RunAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.AddCycles();
        builder.Services.AddEventHandler<JobCompleted, LedgerHandler>("ledger");
        foreach (var kind in Kinds)
        {
            builder.Services.AddSingleton<IJobRunner>(new StepRunner(kind));
        }

        builder.Services.AddJobWorker(options =>
        {
            builder.Configuration.GetSection(JobWorkerOptions.SectionName).Bind(options);
        });
        await builder.Build().RunAsync();
        return 0;
    }
}
