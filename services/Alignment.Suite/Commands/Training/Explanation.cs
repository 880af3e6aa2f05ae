using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;
using Spectre.Console;
using Cell = Spectre.Console.Text;

namespace Alignment.Suite.Commands.Training;

/// <summary><c>--explain</c>: every key of a recipe with default, range, unit and source.</summary>
internal static class Explanation
{
    public static void Write(string method, TrainingOptions defaults)
    {
        var keys = OptionKey.Of(defaults.GetType());
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine("key\tdefault\trange\tunit\tsource\tmeaning");
            foreach (var k in keys)
            {
                Console.WriteLine(string.Join('\t', k.Name, Default(k, method, defaults), k.Range(), k.About.Unit, k.About.Source, k.About.Help));
            }

            return;
        }

        AnsiConsole.WriteLine($"Keys of a job file for 'align train {method}':");
        var table = new Table().Border(TableBorder.Simple).AddColumns("key", "default", "range", "unit", "source", "meaning");
        foreach (var k in keys)
        {
            table.AddRow(new Cell(k.Name), new Cell(Default(k, method, defaults)), new Cell(k.Range()), new Cell(k.About.Unit), new Cell(k.About.Source), new Cell(k.About.Help));
        }

        AnsiConsole.Write(table);
    }

    // A new model has no checkpoint to start from.
    private static string Default(OptionKey key, string method, TrainingOptions defaults) =>
        key.About.Required && !(method == "pretrain" && key.Name == "model") ? "(required)" : key.DefaultOf(defaults);
}
