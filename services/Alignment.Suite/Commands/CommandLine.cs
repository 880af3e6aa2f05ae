using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using Alignment.ModelCore.Configuration;

namespace Alignment.Suite.Commands;

/// <summary>The <c>align</c> command: every verb in this folder under one root.</summary>
internal static partial class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        // Not a RootCommand: that one is named after the file, and help should say what people type.
        var root = new Command("align", "Alignment: your model, your people's judgement, a better checkpoint.") { new HelpOption(), new VersionOption() };
        foreach (var verb in Verbs())
        {
            root.Add(verb);
        }

        try
        {
            var parsed = root.Parse(args.Length == 0 ? ["help"] : args);
            return parsed.Errors.Count > 0 ? Refuse(parsed) : await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("ALIGNMENT_TRACE") is null or "")
        {
            var fault = e is AggregateException { InnerException: { } inner } ? inner : e;
            await Console.Error.WriteLineAsync($"align: a fault of this program ({fault.GetType().Name}): {fault.Message.Split('\n')[0].TrimEnd()} Set ALIGNMENT_TRACE=1 and run again to see where; please report it.");
            return ExitCode.Fault;
        }
    }

    /// <summary>What does not parse, in a reader's words.</summary>
    private static int Refuse(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var verb = Path(command);
        var known = command.Children.Select(c => c.Name).ToList();
        foreach (var message in parsed.Errors.Select(e => e.Message).Distinct())
        {
            if (command.Subcommands.Count > 0 && message.StartsWith("Required command", StringComparison.Ordinal))
            {
                // A misspelt verb is both missing and unknown; the second says more.
                Console.Error.Write(parsed.Errors.Any(e => Unrecognised().IsMatch(e.Message)) ? "" : $"{verb}: say which: {string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}.{Environment.NewLine}");
                continue;
            }

            var strange = Unrecognised().Match(message) is { Success: true } m ? NearestName.Hint(m.Groups[1].Value, known) : "";
            Console.Error.WriteLine($"{verb}: {ExpectedType().Replace(message, t => $"as {Kind(t.Groups[1].Value)}").TrimEnd('.')}{strange}.");
        }

        Console.Error.WriteLine($"{verb} --help lists what there is.");
        return ExitCode.Usage;
    }

    private static string Path(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : command.Name;

    private static string Kind(string type) => type switch
    {
        _ when type.Contains("Int", StringComparison.Ordinal) => "a whole number",
        _ when type.Contains("Double", StringComparison.Ordinal) || type.Contains("Single", StringComparison.Ordinal) => "a number",
        _ when type.Contains("Boolean", StringComparison.Ordinal) => "true or false",
        _ => "what is expected",
    };

    [GeneratedRegex(@"as expected type '(\S+)'")]
    private static partial Regex ExpectedType();

    [GeneratedRegex(@"Unrecognized command or argument '([^']*)'")]
    private static partial Regex Unrecognised();

    /// <summary>Every verb, by name.</summary>
    public static IEnumerable<Command> Verbs() => typeof(IVerb).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IVerb).IsAssignableFrom(t))
        .Select(t => ((IVerb)Activator.CreateInstance(t)!).Build())
        .OrderBy(c => c.Name, StringComparer.Ordinal);
}
