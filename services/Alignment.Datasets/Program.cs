using Alignment.Datasets;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddDatasets();
var app = builder.Build();
app.MapServiceDefaults();
app.MapDatasets();
app.Run();
