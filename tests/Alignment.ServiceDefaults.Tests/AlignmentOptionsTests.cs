using System.ComponentModel.DataAnnotations;

namespace Alignment.ServiceDefaults.Tests;

public sealed class AlignmentOptionsTests
{
    [Fact]
    public void Defaults_DataFolder_HoldsSqliteAndArtifacts()
    {
        var options = new AlignmentOptions { Data = "/srv/alignment" };
        Assert.Equal("Data Source=/srv/alignment/alignment.db", options.DatabaseOrDefault);
        Assert.Equal("/srv/alignment/artifacts", options.ArtifactsOrDefault);
        Assert.False(options.IsPostgres);
    }

    [Theory]
    [InlineData("memory", true)]
    [InlineData("amqp://user:secret@broker:5672/", true)]
    [InlineData("http://broker", false)]
    [InlineData("rabbit", false)]
    public void Bus_Address_IsChecked(string bus, bool valid)
    {
        var options = new AlignmentOptions { Bus = bus };
        Assert.Equal(valid, !options.Validate(new ValidationContext(options)).Any());
    }
}
