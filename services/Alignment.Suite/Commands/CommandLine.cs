using System.CommandLine;
using System.CommandLine.Help;

namespace Alignment.Suite.Commands;

/// <summary>The <c>align</c> command: every verb in this folder under one root.</summary>
internal static class CommandLine
{
    private const int SoftwareFault = 70;

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
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("ALIGNMENT_TRACE") is null or "")
        {
            var fault = e is AggregateException { InnerException: { } inner } ? inner : e;
            await Console.Error.WriteLineAsync($"align: a fault of this program ({fault.GetType().Name}): {fault.Message.Split('\n')[0].TrimEnd()} Set ALIGNMENT_TRACE=1 and run again to see where; please report it.");
            return SoftwareFault;
        }
    }

    /// <summary>Every verb, by name.</summary>
    public static IEnumerable<Command> Verbs() => typeof(IVerb).Assembly.GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IVerb).IsAssignableFrom(t))
        .Select(t => ((IVerb)Activator.CreateInstance(t)!).Build())
        .OrderBy(c => c.Name, StringComparer.Ordinal);
}
