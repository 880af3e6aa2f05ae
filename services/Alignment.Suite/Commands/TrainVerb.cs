using System.CommandLine;
using Alignment.ModelCore.Training.Advice;
using Alignment.PolicyOptimization.Methods;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Commands;

/// <summary><c>align train METHOD --config job.yaml [--set key=value]… --out DIR</c>: any recipe, offline, without services.</summary>
internal sealed class TrainVerb : IVerb
{
    public Command Build()
    {
        var train = new Command("train", "Train offline, without services: a job file in, a checkpoint with metrics.jsonl and report.html out. Ctrl-C saves; the same command resumes.");
        foreach (var method in Methods())
        {
            train.Add(Method(method));
        }

        return train;
    }

    /// <summary>Everything under <c>align train</c>, by name.</summary>
    internal static IReadOnlyList<ITrainMethod> Methods() =>
        [.. typeof(ITrainMethod).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(ITrainMethod).IsAssignableFrom(t) && t.GetConstructor(Type.EmptyTypes) is not null)
            .Select(t => (ITrainMethod)Activator.CreateInstance(t)!).Concat(PolicyMethods.All.Select(m => new TrainPolicy(m))).OrderBy(m => m.Name, StringComparer.Ordinal)];

    private static Command Method(ITrainMethod method)
    {
        var config = new Option<string?>("--config") { Description = "Job file: one 'key: value' on each line (YAML)." };
        var sets = new Option<string[]>("--set") { Description = "Sets one key, over the job file: --set learning_rate=1e-4. May be repeated.", AllowMultipleArgumentsPerToken = false };
        var output = new Option<string?>("--out") { Description = "Folder for the checkpoint, metrics.jsonl, report.html and the state to resume from." };
        var explain = new Option<bool>("--explain") { Description = "List every key with default, range, unit and source, and stop." };
        var trial = new Option<double?>("--trial") { Description = "Run for about this many seconds to learn what the run costs, and print that as JSON.", Hidden = true };
        var command = new Command(method.Name, method.Help) { config, sets, output, explain, trial };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(explain))
            {
                Explanation.Write(method.Name, method.Defaults);
                return Task.FromResult(0);
            }

            using var cut = parsed.GetValue(trial) is { } seconds ? RunTrial.Enter(TimeSpan.FromSeconds(seconds)) : null;
            using var stop = StopSignals.Heed("Stopping after the step in hand; its state is saved.", cancellation);
            return Task.FromResult(TrainingCommand.Run(method, parsed.GetValue(config), parsed.GetValue(sets) ?? [], parsed.GetValue(output), stop.Token));
        });
        return command;
    }
}
