namespace Alignment.Suite.Commands.Chat;

/// <summary>
/// Reads messages and shows answers. A terminal gets a prompt and colours; a pipe gets the answers alone, and what else there is to say
/// goes to the second writer.
/// </summary>
/// <param name="answers">Answers only.</param>
/// <param name="notes">Everything else.</param>
/// <param name="prompts">Somebody types: ask.</param>
/// <param name="colours">Somebody looks: ANSI sequences.</param>
internal sealed class ChatConsole(TextReader input, TextWriter answers, TextWriter notes, bool prompts, bool colours)
{
    private const string Fence = "\"\"\"";

    /// <summary>The next message, or null at the end. A line that ends in \ goes on; """ opens a text of several lines and closes it.</summary>
    public string? Read()
    {
        var line = Line("› ", "1;32");
        if (line is null)
        {
            return null;
        }

        var lines = new List<string>();
        if (line.TrimStart().StartsWith(Fence, StringComparison.Ordinal))
        {
            for (var next = line.TrimStart()[Fence.Length..]; ; next = Line("… ", "2"))
            {
                if (next is null || next.TrimEnd().EndsWith(Fence, StringComparison.Ordinal))
                {
                    lines.Add(next?.TrimEnd()[..^Fence.Length] ?? "");
                    return string.Join('\n', lines).Trim('\n');
                }

                lines.Add(next);
            }
        }

        for (; line is not null && line.EndsWith('\\'); line = Line("… ", "2"))
        {
            lines.Add(line[..^1]);
        }

        lines.Add(line ?? "");
        return string.Join('\n', lines);
    }

    /// <summary>A piece of an answer. Control characters that could steer a terminal are left out.</summary>
    public void Say(string piece)
    {
        answers.Write(colours ? string.Concat(piece.Where(c => c is '\n' or '\t' || !char.IsControl(c))) : piece);
        answers.Flush();
    }

    public void EndAnswer()
    {
        answers.WriteLine();
        answers.Flush();
    }

    /// <summary>Something to know.</summary>
    public void Note(string text) => notes.WriteLine(Styled(text, "2"));

    /// <summary>Something that went wrong, with the way out.</summary>
    public void Warn(string text) => notes.WriteLine(Styled(text, "33"));

    /// <summary>Sets a turn apart from the next one.</summary>
    public void Gap()
    {
        if (prompts)
        {
            notes.WriteLine();
        }
    }

    private string? Line(string prompt, string style)
    {
        if (prompts)
        {
            answers.Write(Styled(prompt, style));
            answers.Flush();
        }

        return input.ReadLine();
    }

    private string Styled(string text, string style) => colours ? $"\u001b[{style}m{text}\u001b[0m" : text;
}
