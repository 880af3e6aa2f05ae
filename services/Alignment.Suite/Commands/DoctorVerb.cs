using System.CommandLine;
using Alignment.ServiceDefaults;
using Alignment.Suite.Doctor;

namespace Alignment.Suite.Commands;

/// <summary><c>align doctor</c>: what this machine has, and the remedy for each fault.</summary>
internal sealed class DoctorVerb : IVerb
{
    public Command Build()
    {
        var port = new Option<int>("--port") { Description = "Port to look at.", DefaultValueFactory = _ => 5080 };
        var data = new Option<DirectoryInfo>("--data") { Description = "Data folder to look at.", DefaultValueFactory = _ => new("data") };
        var command = new Command("doctor", "Look at libtorch, threads, bf16, database, broker, ports and disk; print the remedy for each fault.") { port, data };
        command.SetAction(async (parse, cancel) =>
        {
            var options = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection(AlignmentOptions.SectionName).Get<AlignmentOptions>() ?? new();
            options.Data = parse.GetValue(data)!.FullName;
            var findings = TorchChecks.Run().Concat(await HostChecks.RunAsync(options, parse.GetValue(port), cancel)).ToList();
            foreach (var f in findings)
            {
                Console.WriteLine($"{Sign(f.State)} {f.Name,-20} {f.Detail}{(f.Remedy is null ? "" : $"\n{"",23}→ {f.Remedy}")}");
            }

            return findings.Exists(f => f.State == "fail") ? ExitCode.No : ExitCode.Done;
        });
        return command;
    }

    private static string Sign(string state) => state switch { "ok" => "✓", "warn" => "!", _ => "✗" };
}
