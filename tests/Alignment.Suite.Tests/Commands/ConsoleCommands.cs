using Alignment.Suite.Commands;

namespace Alignment.Suite.Tests.Commands;

/// <summary>Tests of verbs that speak on the console, one after the other.</summary>
[CollectionDefinition(nameof(ConsoleCommands), DisableParallelization = true)]
public sealed class ConsoleCommands
{
    /// <summary>Runs <c>align</c> with these words; gives the exit code and what went to standard error.</summary>
    internal static async Task<(int Code, string Errors)> RunAsync(params string[] words)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        using var errors = new StringWriter();
        Console.SetOut(written);
        Console.SetError(errors);
        try
        {
            return (await CommandLine.RunAsync(words), errors.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
