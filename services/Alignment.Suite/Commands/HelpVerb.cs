using System.CommandLine;
using Spectre.Console;

namespace Alignment.Suite.Commands;

/// <summary><c>align help</c>: the verbs, one line each.</summary>
internal sealed class HelpVerb : IVerb
{
    public Command Build()
    {
        var command = new Command("help", "List the verbs; `align VERB --help` says more of each.");
        command.SetAction(_ =>
        {
            AnsiConsole.MarkupLine("[bold]Alignment[/]: your model, your people's judgement, a better checkpoint.\n");
            var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("verb").AddColumn("what it does");
            foreach (var verb in CommandLine.Verbs().Where(v => !v.Hidden))
            {
                table.AddRow($"[green]align {Markup.Escape(verb.Name)}[/]", Markup.Escape(verb.Description ?? ""));
            }

            AnsiConsole.Write(table);
            AnsiConsole.MarkupLine("\n`align VERB --help` lists a verb's options. Start with [green]./align demo[/].");
            return 0;
        });
        return command;
    }
}
