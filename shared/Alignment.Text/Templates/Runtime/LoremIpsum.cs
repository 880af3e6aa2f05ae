using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary><c>lipsum()</c>: placeholder paragraphs. Random in the reference too, so only the shape agrees.</summary>
internal static class LoremIpsum
{
    private static readonly string[] Words = ("lorem ipsum dolor sit amet consectetuer adipiscing elit a ac accumsan ad aenean aliquam aliquet ante aptent arcu at auctor augue bibendum "
        + "blandit class commodo condimentum congue consequat convallis cras cubilia cum curabitur curae cursus dapibus diam dictum dictumst dignissim dis donec dui").Split(' ');

    public static object? Generate(CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("lipsum", "n?", "html?", "min?", "max?");
        var count = p[0] is Missing ? 5 : PyNumber.ToIndex(p[0]);
        var html = p[1] is Missing || PyIteration.Truth(p[1]);
        var least = p[2] is Missing ? 20 : PyNumber.ToIndex(p[2]);
        var most = p[3] is Missing ? 100 : PyNumber.ToIndex(p[3]);
        if (most <= least)
        {
            throw TemplateException.ValueError($"empty range for randrange() ({least}, {most}, {most - least})");
        }

        var paragraphs = new List<string>();
        for (long i = 0; i < count; i++)
        {
            var length = Random.Shared.NextInt64(least, most);
            state.Allocate(Math.Max(0, length) * 12);
            state.Step(Math.Max(0, length));
            var words = Enumerable.Range(0, (int)Math.Max(0, length)).Select(_ => Words[Random.Shared.Next(Words.Length)]).ToArray();
            var text = PyCase.Capitalize(string.Join(' ', words)) + ".";
            paragraphs.Add(html ? $"<p>{text}</p>" : text);
        }

        return html ? new Markup(string.Join('\n', paragraphs)) : string.Join("\n\n", paragraphs);
    }
}
