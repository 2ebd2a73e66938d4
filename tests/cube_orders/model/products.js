cube(`products`, {
  sql_table: `products`,

  dimensions: {
    product_id: { sql: `product_id`, type: `string`, primary_key: true },
    category: { sql: `category`, type: `string` },
    name: { sql: `name`, type: `string` },
  },

  measures: {
    average_price: { sql: `price`, type: `avg` },
  },
});
