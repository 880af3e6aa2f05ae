using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training.Advice;
using Alignment.Suite.Commands.Advising;
using Alignment.Suite.Commands.Bench;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Commands;

/// <summary><c>align advise --model DIR --data FILE --memory 16G --goal sft</c>: how to train this model on this data in this memory.</summary>
internal sealed class AdviseVerb : IVerb
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Option<string> model = new("--model") { Description = "Folder of the checkpoint to start from.", Required = true };
    private readonly Option<string[]> data = new("--data") { Description = "Data file (JSON lines), or several.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> memory = new("--memory") { Description = "Memory the run may take: 16G, 800M.", Required = true };
    private readonly Option<string> goal = new("--goal") { Description = "A method of 'align train'.", DefaultValueFactory = _ => "sft" };
    private readonly Option<int> steps = new("--max-steps") { Description = "Optimiser steps of the run; unset, the recipe's epochs." };
    private readonly Option<string[]> sets = new("--set") { Description = "Sets one key of the job, which is then not the advisor's to choose: --set reward_model=DIR. May be repeated.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string?> job = new("--job") { Description = "Writes the recommended job file here." };
    private readonly Option<bool> json = new("--json") { Description = "Prints JSON." };
    private readonly Option<bool> quick = new("--no-trial") { Description = "Formula only: no steps are run, and no time is estimated." };

    public Command Build()
    {
        var advise = new Command("advise", "Recommend method, rank, batch, precision and quantisation for a model, data and an amount of memory; checked by a few real steps.") { model, data, memory, goal, steps, sets, job, json, quick };
        advise.SetAction((parsed, cancellation) =>
        {
            using var stop = StopSignals.Heed("Stopping after the trial in hand.", cancellation);
            return Task.FromResult(Run(parsed, stop.Token));
        });
        return advise;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var name = parsed.GetValue(goal)!;
            var trials = new SuiteTrials();
            if (!trials.Goals.Contains(name, StringComparer.Ordinal))
            {
                throw new OptionsException([$"--goal {name}: it is none of {string.Join(", ", trials.Goals)}{NearestName.Hint(name, trials.Goals)}."]);
            }

            if (parsed.GetValue(job) is { } target && (Directory.Exists(target) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(target)))))
            {
                throw new OptionsException([$"--job {target} is a folder or lies in none. Name a file in a folder that exists."]);
            }

            var request = Request(parsed, name);
            trials.CheckRows(name, request.Data, request.Set);
            var advisor = new Advisor(parsed.GetValue(quick) ? null : (keys, budget) => Trial(trials, name, keys, budget, cancellation));
            var advice = advisor.Advise(request, trials.Defaults(name), keys => trials.Check(name, keys));
            if (parsed.GetValue(job) is { } path)
            {
                File.WriteAllText(path, advice.JobYaml);
            }

            Print(advice, parsed.GetValue(json), parsed.GetValue(job));
            return 0;
        }
        catch (OptionsException e)
        {
            Console.Error.WriteLine(string.Join(Environment.NewLine, e.Problems.Select(p => $"align advise: {p}")));
            return ExitCode.Usage;
        }
        catch (Exception e) when (e is not OperationCanceledException && ExitCode.Of(e) is { } code)
        {
            Console.Error.WriteLine($"align advise: {e.Message}");
            return code;
        }
    }

    // Ctrl-C ends the trial's process too; what it did not measure is no advice.
    private static TrialReport? Trial(SuiteTrials trials, string goal, JsonObject keys, TimeSpan budget, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var report = trials.Run(goal, keys, budget);
        cancellation.ThrowIfCancellationRequested();
        return report;
    }

    private AdviceRequest Request(ParseResult parsed, string goal)
    {
        var set = JobFile.Read(null, parsed.GetValue(sets) ?? []);
        string? problem = set.ContainsKey("model") || set.ContainsKey("data") ? "--set model, --set data: name them with --model and --data."
            : parsed.GetValue(steps) < 0 ? $"--max-steps {parsed.GetValue(steps)} is below 0. 0 or no option: the recipe's epochs."
            : parsed.GetValue(data)!.FirstOrDefault(f => !File.Exists(f)) is { } file ? $"--data {file}: no such data file." : null;
        return problem is not null ? throw new OptionsException([problem])
            : new(Folder(parsed.GetValue(model)!), [.. parsed.GetValue(data)!.Select(Path.GetFullPath)], MemorySize.Parse(parsed.GetValue(memory)!), goal, parsed.GetValue(steps)) { Set = set };
    }

    private static string Folder(string path) => File.Exists(Path.Combine(path, "config.json")) || AdapterFolder.Is(path)
        ? Path.GetFullPath(path)
        : throw new OptionsException([$"--model {path} has no config.json. Name a checkpoint folder in Hugging Face layout, or an adapter."]);

    private static void Print(RunAdvice a, bool asJson, string? job)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(a, Readable));
            return;
        }

        Console.WriteLine($"model   {a.Model}");
        Console.WriteLine($"data    {a.Data}");
        Console.WriteLine();
        BenchTable.Print([["advice", "value"], .. a.Choices.Select(c => (IReadOnlyList<string>)[c.Key, c.Value])]);
        Console.WriteLine();
        foreach (var c in a.Choices)
        {
            Console.WriteLine($"{c.Key}: {c.Reason}");
        }

        var m = a.Memory;
        Console.WriteLine();
        Console.WriteLine($"memory  {MemorySize.Text(m.Total)} of {MemorySize.Text(a.MemoryLimit)}{(a.Measured ? ", measured on real steps" : ", by formula")}: runtime {MemorySize.Text(m.Runtime)}, weights {MemorySize.Text(m.Weights)}, gradients {MemorySize.Text(m.Gradients)}, optimiser {MemorySize.Text(m.Optimiser)}, activations, loss and the rest {MemorySize.Text(m.Activations)}");
        Console.WriteLine(a.Time is { } t
            ? string.Create(CultureInfo.InvariantCulture, $"time    {TimeSpan.FromSeconds(t.Total):h\\:mm\\:ss}: {t.Prepare:0.#} s to load, prepare and finish, {t.Steps:0.#} s of steps, {t.Saving:0.#} s of saving; {t.Cpu:0.#} CPU seconds")
            : "time    not estimated: no steps were run");
        Console.WriteLine();
        Console.WriteLine($"# align train {a.Goal} --config {job ?? "job.yaml"} --out DIR");
        Console.Write(a.JobYaml);
    }
}
