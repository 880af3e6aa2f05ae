using System.CommandLine;
using System.Diagnostics;
using Alignment.Suite.Testing;

namespace Alignment.Suite.Commands;

/// <summary><c>align test</c>: every test project; <c>align test golden</c>: the golden harness on any folder.</summary>
internal sealed class TestVerb : IVerb
{
    public Command Build()
    {
        var only = new Option<string?>("--only") { Description = "Run the projects whose name contains this text, such as Jobs." };
        var command = new Command("test", "Build everything and run all tests; ends with `N passed, N failed, N skipped`.") { only, Golden() };
        command.SetAction((parse, cancel) => TestRun.ExecuteAsync(TestFolder(), parse.GetValue(only), cancel));
        return command;
    }

    private static Command Golden()
    {
        var fixtures = new Option<DirectoryInfo?>("--fixtures") { Description = "Folder of golden families; default tests/golden." };
        var json = new Option<FileInfo?>("--json") { Description = "Also write the table as JSON: [{family, cases, passed, failed, unsupported}]." };
        var family = new Option<string?>("--family") { Description = "Only these families, such as F01,F09." };
        var command = new Command("golden", "Check the model core against independent implementations, case by case.") { fixtures, json, family };
        command.SetAction(async (parse, cancel) =>
        {
            var start = new ProcessStartInfo("dotnet") { ArgumentList = { TestRun.Assembly(TestFolder(), "Alignment.Golden.Tests"), "--golden" } };
            void Add(string name, string? value)
            {
                if (value is not null)
                {
                    start.ArgumentList.Add(name);
                    start.ArgumentList.Add(value);
                }
            }

            Add("--fixtures", parse.GetValue(fixtures)?.FullName ?? Path.Combine(Repository.Root, "tests", "golden"));
            Add("--json", parse.GetValue(json)?.FullName);
            Add("--family", parse.GetValue(family));
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync(cancel);
            return process.ExitCode;
        });
        return command;
    }

    private static string TestFolder() => Path.Combine(Repository.Root, "artifacts", "bin");
}
